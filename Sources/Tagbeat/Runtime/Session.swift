import Foundation
import Logging
import OCI
import Store

/// What every command that needs the database opens and closes: settings, log, private cluster, migrated store.
struct Session: Sendable {
    let settings: Settings
    let logger: Logger
    let store: TagStore
    /// Nil with DATABASE_URL.
    let cluster: ClusterHandle?

    /// Opens a session for `body` and closes it whatever happens.
    static func with<Value: Sendable>(
        _ options: any SettingFlags, migrating: Bool = true, _ body: (Session) async throws -> Value
    ) async throws -> Value {
        let settings = try options.load()
        let logger = Logger.tagbeat(level: settings.logLevel, format: settings.logFormat)
        var cluster: ClusterHandle?
        if settings.databaseURL == nil {
            cluster = try await PrivateCluster(dataDirectory: settings.dataDirectory, logger: logger).start()
        }
        do {
            let conninfo = settings.databaseURL?.conninfo ?? cluster?.conninfo ?? ""
            let store = TagStore(conninfo: conninfo, logger: logger)
            let session = Session(settings: settings, logger: logger, store: store, cluster: cluster)
            for warning in settings.warnings { logger.warning("\(warning)") }
            if migrating, try await !store.isMigrated() {
                for name in try await store.migrate() { logger.info("applied migration \(name)") }
            }
            let value = try await body(session)
            store.close()
            await cluster?.release()
            return value
        } catch {
            await cluster?.release()
            throw error
        }
    }
}

extension TagReference {
    /// What somebody typed.
    init(argument text: String) throws {
        do { self = try TagReference(parsing: text) } catch { throw Failure.badInput(error.description) }
    }
}
