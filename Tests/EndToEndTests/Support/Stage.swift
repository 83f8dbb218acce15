import Foundation
import LibPQ
import Logging
import OCI
import Store
import Synchronization
import TagHistory
import TestSupport
import Testing

/// A registry that holds back its answers, once they are made up, for as long as a test wishes.
final class SlowRegistry: Sendable {
    struct State {
        var phase = 0
        var delay = Duration.zero
    }
    let registry: ScriptedRegistry
    let state: SharedState

    final class SharedState: Sendable {
        let value = Mutex(State())
    }

    init() async throws {
        let state = SharedState()
        self.state = state
        registry = try await ScriptedRegistry { request in
            let (phase, delay) = state.value.withLock { ($0.phase, $0.delay) }
            return .init(
                request.method == "HEAD" ? 200 : 404,
                [
                    ("Docker-Content-Digest", "sha256:" + String(repeating: "\(phase)", count: 64)),
                    ("Content-Type", "application/vnd.oci.image.manifest.v1+json"),
                ], delay: delay)
        }
    }

    func set(phase: Int, delay: Duration) { state.value.withLock { $0 = State(phase: phase, delay: delay) } }

    func heads(by worker: Int) -> Int {
        registry.requests.count {
            $0.method == "HEAD" && $0.header("User-Agent")?.contains("worker-\(worker).") == true
        }
    }
}

/// Workers over one slow registry.
struct Stage {
    let slow: SlowRegistry
    let folder: TemporaryFolder
    let store: TagStore
    let workforce: Workforce
    let references: [TagReference]
    let conninfo: String

    init(
        tags: Int, interval: String, requestsPerSecond: Double = 1_000, server: PostgresServer? = nil
    ) async throws {
        slow = try await SlowRegistry()
        let name = slow.registry.name
        if let server {
            conninfo = try await server.makeDatabase()
        } else {
            conninfo = try await TestDatabase.migrated()
        }
        store = TagStore(conninfo: conninfo, logger: Logger(label: "test"))
        try await store.migrate()
        folder = try TemporaryFolder()
        let settings = try folder.write(
            "registries: {\"\(name)\": {requestsPerSecond: \(requestsPerSecond)}}", to: "tagbeat.yaml")
        workforce = Workforce([
            "DATABASE_URL": conninfo, "TAGBEAT_PRIVATE_REGISTRIES": name, "TAGBEAT_CHECK_INTERVAL": interval,
            "TAGBEAT_REQUESTS_PER_SECOND": "1000", "TAGBEAT_CONFIG": settings,
        ])
        references = try (0..<tags).map { try TagReference(parsing: "\(name)/app\($0 % 7):\($0)") }
        try await store.track(references, origin: .operator, at: .now())
    }

    /// `tagbeat check`.
    /// - Returns: how long it took.
    func check(_ reference: TagReference) async throws -> Duration {
        let start = ContinuousClock.now
        let process = try await TagbeatProcess(
            ["check", reference.description], environment: ["DATABASE_URL": conninfo, "DOCKER_CONFIG": "/nonexistent"])
        #expect(await process.end() == 0, "\(process.output)")
        return ContinuousClock.now - start
    }

    func isCheckedSince(_ time: Timestamp) async throws -> Bool {
        for reference in references {
            guard let at = try await store.tag(reference)?.lastCheckedAt, at > time else { return false }
        }
        return true
    }

    func histories() async throws -> [[String]] {
        var all: [[String]] = []
        for reference in references {
            let page = try await store.changes(of: reference, limit: 100, cursor: nil)
            all.append(
                page.items.reversed().map {
                    "\($0.change.kind)\($0.change.reverted ? "!" : "") \($0.change.digest?.description.last ?? "-")"
                })
        }
        return all
    }

    /// - Returns: how long it took; the limit where it never came true.
    static func until(_ limit: Duration = .seconds(30), _ isDone: () async throws -> Bool) async throws -> Duration {
        let start = ContinuousClock.now
        while try await !isDone() {
            guard ContinuousClock.now - start < limit else { return limit }
            try await Task.sleep(for: .milliseconds(20))
        }
        return ContinuousClock.now - start
    }
}
