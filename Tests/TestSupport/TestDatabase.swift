import Logging
public import Store

/// Databases with the schema in them, quickly: copies of one that is migrated once per process.
public enum TestDatabase {
    private static let template = Task {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let store = TagStore(conninfo: conninfo, maximumConnections: 1, logger: Logger(label: "test"))
        defer { store.close() }
        try await store.migrate()
        return conninfo
    }

    /// - Returns: the connection string of a fresh, migrated database on the shared server.
    public static func migrated() async throws -> String {
        try await PostgresServer.shared().makeDatabase(template: template.value)
    }

    /// A store on a fresh, migrated database on the shared server.
    public static func migratedStore(maximumConnections: Int = 4) async throws -> TagStore {
        try await TagStore(
            conninfo: migrated(), maximumConnections: maximumConnections, logger: Logger(label: "test"))
    }
}
