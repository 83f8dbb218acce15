public import Hummingbird
public import Logging
import NIOCore
public import OCI
public import Store

/// The pages and the JSON API over one store.
public struct WebApplication: Sendable {
    private let site: Site
    private let logger: Logger

    /// - Parameter clock: the time; a test's own.
    /// - Throws: ``WebError`` where the resource bundle was not installed with the binary, or a setting cannot be read.
    public init(
        store: TagStore, settings: WebSettings, clock: @escaping @Sendable () -> Timestamp = { .now() },
        logger: Logger
    ) throws {
        site = try Site(store: store, settings: settings, clock: clock, logger: logger)
        self.logger = logger
    }

    /// A service that listens until it is shut down. Its `run()` throws where the address cannot be had: an `IOError`
    /// with `EADDRINUSE` for a port in use, `EACCES` for one that takes more rights.
    ///
    /// - Parameter onListening: called once with the port that was bound, also where 0 was asked for.
    public func buildApplication(
        host: String, port: Int, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: site.buildRouter(),
            // Slow or silent clients do not hold a connection for ever; no answer takes longer than a check.
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(host, port: port), serverName: nil), services: [site.views],
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
