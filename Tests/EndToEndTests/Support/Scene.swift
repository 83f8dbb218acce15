import Foundation
import LibPQ
import Logging
import OCI
import Store
import TagHistory
import TestSupport

/// Tags of several registries, four workers and a database of their own, and what is done to them.
struct Scene: Sendable {
    static let workers = 4
    /// Seconds after which an idle worker looks for what nobody told it.
    static let look = 5.0
    /// Of a worker to a host.
    static let connections = 16

    let phases: Phases
    let registries: [CountingRegistry]
    let server: PostgresServer
    let store: TagStore
    let workforce: Workforce
    let tags: Int

    /// - Parameters:
    ///   - interval: seconds; nil: the adaptive schedule.
    ///   - requestsPerSecond: of each registry.
    init(tags: Int, registries count: Int, interval: Double?, requestsPerSecond: Double) async throws {
        let phases = try Phases()
        (self.tags, self.phases) = (tags, phases)
        var registries: [CountingRegistry] = []
        for _ in 0..<count { registries.append(try await CountingRegistry(phases)) }
        self.registries = registries
        server = try await PostgresServer()
        let conninfo = try await server.makeDatabase()
        store = TagStore(conninfo: conninfo, logger: Logger(label: "test"))
        var environment = [
            "DATABASE_URL": conninfo, "TAGBEAT_PRIVATE_REGISTRIES": registries.map(\.name).joined(separator: ","),
            "TAGBEAT_REQUESTS_PER_SECOND": "\(requestsPerSecond)",
        ]
        if let interval { environment["TAGBEAT_CHECK_INTERVAL"] = "\(Int(interval))s" }
        workforce = Workforce(environment)
        try await store.migrate()
        let references = try (0..<tags).map { try Self.reference($0, registries) }
        try await store.track(references, origin: .operator, at: .now())
    }

    /// Of tag `number`, one of some ten repositories of each registry.
    func reference(_ number: Int) throws -> TagReference { try Self.reference(number, registries) }

    private static func reference(_ number: Int, _ registries: [CountingRegistry]) throws -> TagReference {
        let registry = registries[number % registries.count]
        return try TagReference(parsing: "\(registry.name)/app\(number / 16 % 10):\(CountingRegistry.tag(number))")
    }

    var arrivals: [Arrival] { registries.flatMap(\.arrivals) }
}
