import Logging
import OCI
import RegistryClient
import Scraper
import Store
import TagHistory
import TestSupport
import Testing

/// The worker against real databases and scripted registries.
@Suite struct WorkerTests {
    static let digest = "sha256:" + String(repeating: "7", count: 64)

    static func registry(_ answer: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer)
        async throws
        -> ScriptedRegistry
    { try await ScriptedRegistry(answer) }

    static func found() -> ScriptedRegistry.Answer {
        .init(200, [("Docker-Content-Digest", digest), ("Content-Type", MediaType.ociManifest.description)])
    }

    static func worker(
        _ store: TagStore, _ registries: [ScriptedRegistry], interval: Double = 3_600,
        logger: Logger = Logger(label: "test")
    ) throws -> (worker: Worker, digests: DigestService) {
        var configuration = RegistryConfiguration()
        configuration.requestsPerSecond = 100_000
        configuration.privateRegistries = try PrivateRegistries(parsing: registries.map(\.name).joined(separator: ","))
        let digests = try DigestService(configuration: configuration, logger: logger)
        let settings = WorkerSettings(name: "test", policy: .fixed(interval: interval))
        return (Worker(store: store, digests: digests, settings: settings, logger: logger), digests)
    }

    static func references(_ count: Int, _ registry: ScriptedRegistry) throws -> [TagReference] {
        try (0..<count).map { try TagReference(parsing: "\(registry.name)/app:\($0)") }
    }

    @Test func aPassChecksEachDueTagOnce() async throws {
        let registry = try await Self.registry { _ in Self.found() }
        let store = try await TestDatabase.migratedStore()
        try await store.track(try Self.references(700, registry), origin: .operator, at: .now())
        let (worker, digests) = try Self.worker(store, [registry])
        #expect(try await worker.runOnce() == [.changed: 700])
        #expect(try await worker.runOnce() == [:])
        #expect(registry.requests.count { $0.method == "HEAD" && $0.target.contains("/manifests/") } == 700)
        try await digests.shutdown()
    }

    @Test func aDeadRegistryHoldsUpNoOtherAndIsSaidOnce() async throws {
        let good = try await Self.registry { _ in Self.found() }
        let bad = try await Self.registry { _ in .init(500, [], .text("broken"), delay: .milliseconds(300)) }
        let store = try await TestDatabase.migratedStore()
        try await store.track(
            try Self.references(60, good) + Self.references(60, bad), origin: .operator, at: .now())
        let log = LogCapture()
        let (worker, digests) = try Self.worker(store, [good, bad], logger: log.logger)
        let running = Task { try await worker.run() }
        var query = TagQuery()
        query.registry = try Registry(parsing: good.name)
        query.state = .active
        let start = ContinuousClock.now
        while try await store.tags(query).items.count < 60 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(ContinuousClock.now - start < .seconds(10))
        query.registry = try Registry(parsing: bad.name)
        query.state = .failing
        while try await store.tags(query).items.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await store.tags(query).items.allSatisfy { $0.lastError?.isEmpty == false })
        running.cancel()
        _ = await running.result
        #expect(log.text.split(separator: "\n").count { $0.contains("cannot be checked") } == 1, "\(log.text)")
        try await digests.shutdown()
    }

    @Test func requestedChecksOvertakeTheQueue() async throws {
        let registry = try await Self.registry { _ in Self.found() }
        let store = try await TestDatabase.migratedStore()
        let reference = try Self.references(1, registry)[0]
        try await store.track([reference], origin: .operator, at: .now())
        let (worker, digests) = try Self.worker(store, [registry])
        let listening = Task { await store.listen() }
        let running = Task { try await worker.run() }
        while try await store.tag(reference)?.state != .active { try await Task.sleep(for: .milliseconds(10)) }
        let start = ContinuousClock.now
        let request = try #require(try await store.requestCheck(of: reference, at: .now()))
        let report = try await store.outcome(of: request, within: .seconds(10))
        #expect(report?.outcome == .unchanged)
        #expect(report?.digest?.description == Self.digest)
        #expect(ContinuousClock.now - start < .seconds(5))
        running.cancel()
        listening.cancel()
        _ = await running.result
        try await digests.shutdown()
    }

    /// What a registry may answer instead of a digest: a failed check with a reason, and nothing recorded.
    @Test(arguments: [
        ScriptedRegistry.Answer(200, [("Docker-Content-Digest", "nonsense")]),
        .init(200, [("Content-Type", "text/html")], .text("<html>")),
        .init(429, [("Retry-After", "60")]), .init(503), .init(302, [("Location", "http://169.254.169.254/latest")]),
        .init(401, [("WWW-Authenticate", "Bearer realm=\"http://10.0.0.1/token\"")]),
    ])
    func oddAnswersAreFailedChecks(answer: ScriptedRegistry.Answer) async throws {
        let registry = try await Self.registry { _ in answer }
        let store = try await TestDatabase.migratedStore()
        let reference = try Self.references(1, registry)[0]
        try await store.track([reference], origin: .operator, at: .now())
        let (worker, digests) = try Self.worker(store, [registry])
        #expect(try await worker.runOnce() == [.failed: 1])
        let tag = try #require(try await store.tag(reference))
        #expect(tag.state == .failing)
        #expect(tag.lastError?.isEmpty == false)
        #expect(try await store.history(of: tag.id).isEmpty)
        try await digests.shutdown()
    }
}
