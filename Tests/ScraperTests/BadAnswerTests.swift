import Logging
import OCI
import RegistryClient
import Scraper
import Store
import Synchronization
import TagHistory
import TestSupport
import Testing

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

/// What no registry should answer: each is a failed check that says why, and what was known stays as it was.
@Suite struct BadAnswerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What the tag is said to fail with holds this.
        let reason: String
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer

        init(
            _ text: String, _ reason: String,
            _ answer: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer
        ) {
            (testDescription, self.reason, self.answer) = (text, reason, answer)
        }

        /// Of a registry that has no HEAD: its manifest is fetched.
        init(
            _ text: String, _ reason: String, manifest: ScriptedRegistry.Body, _ headers: [(String, String)] = []
        ) {
            self.init(text, reason) { $0.method == "HEAD" ? Answer(405) : Answer(200, headers, manifest) }
        }

        init(_ text: String, _ reason: String, redirectTo location: String) {
            self.init(text, reason) { _ in Answer(307, [("Location", location)]) }
        }
    }

    static let rows: [Row] = [
        Row("text as digest", "not a digest") { _ in Answer(200, [("Docker-Content-Digest", "hello <script>")]) },
        Row(
            "100,000 manifests", "manifest",
            manifest: .text(
                "{\"manifests\":[" + Array(repeating: "{}", count: 100_000).joined(separator: ",") + "]}")),
        Row("50 MB announced", "more than 4 MiB", manifest: .text("{"), [("Content-Length", "52428800")]),
        Row(
            "50 MB in chunks", "more than 4 MiB",
            manifest: .chunks(String(repeating: " ", count: 65_536), every: .zero, count: 800)),
        Row("nested 10,000 deep", "nested", manifest: .text(String(repeating: "[", count: 10_000))),
        Row("a token answer without a token", "without a token") { request in
            if request.target.hasPrefix("/token") { return Answer(200, [], .text("{\"expires_in\":300}")) }
            let realm = "http://\(request.header("Host") ?? "")/token"
            return Answer(401, [("WWW-Authenticate", "Bearer realm=\"\(realm)\"")])
        },
        Row("a realm on a private address", "private") { _ in
            Answer(401, [("WWW-Authenticate", "Bearer realm=\"https://10.0.0.1/token\"")])
        },
        Row("a realm on the metadata address", "plain HTTP") { _ in
            Answer(401, [("WWW-Authenticate", "Bearer realm=\"http://169.254.169.254/token\"")])
        },
        Row("a redirect to another scheme", "redirect", redirectTo: "ftp://registry.test/app"),
        Row("a redirect to a private host", "private", redirectTo: "https://192.168.1.1/v2/app/manifests/0"),
        Row("a redirect to another port here", "plain HTTP", redirectTo: "http://127.0.0.1:1/v2/app/manifests/0"),
        Row("429 without a header", "429") { _ in Answer(429) },
    ]

    @Test(arguments: rows) func nothingIsLost(_ row: Row) async throws {
        let isBad = Mutex(false)
        let registry = try await ScriptedRegistry { request in
            isBad.withLock { $0 } ? row.answer(request) : WorkerTests.found()
        }
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let reference = try WorkerTests.references(1, registry)[0]
        try await store.track([reference], origin: .operator, at: .now())
        let before = try await Self.pass(store, reference, expecting: .changed) {
            try WorkerTests.worker(store, [registry], interval: 0.001)
        }
        isBad.withLock { $0 = true }
        let after = try await Self.pass(store, reference, expecting: .failed) {
            try WorkerTests.worker(store, [registry], interval: 0.001)
        }
        try await Self.expectNothingLost(from: before, to: after, because: row.reason, store)
    }

    @Test func aCertificateForAnotherName() async throws {
        let certificates = try await TestCertificates(names: ["DNS:elsewhere.example"])
        let nginx = try await Nginx(server: "location / { return 200; }", tls: certificates)
        let registry = try await ScriptedRegistry { _ in WorkerTests.found() }
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let reference = try TagReference(parsing: "registry.test/app:1")
        try await store.track([reference], origin: .operator, at: .now())
        func worker(_ endpoint: String) throws -> (Worker, DigestService) {
            var configuration = RegistryConfiguration()
            configuration.registries[reference.repository.registry] = RegistrySettings(
                endpoint: try Endpoint(parsing: endpoint), caFile: certificates.authority)
            let logger = Logger(label: "test")
            let digests = try DigestService(configuration: configuration, logger: logger)
            let settings = WorkerSettings(name: "test", policy: .fixed(interval: 0.001))
            return (Worker(store: store, digests: digests, settings: settings, logger: logger), digests)
        }
        let before = try await Self.pass(store, reference, expecting: .changed) {
            try worker("http://\(registry.name)")
        }
        let after = try await Self.pass(store, reference, expecting: .failed) { try worker("https://\(nginx.name)") }
        try await Self.expectNothingLost(from: before, to: after, because: "another name", store)
        #expect(nginx.accessLog.isEmpty)
    }

    /// What tells what a change was may be as bad: the change stays, and is a rebuild of nobody knows what.
    @Test(arguments: [
        ScriptedRegistry.Body.text(
            "{\"manifests\":[" + Array(repeating: "{}", count: 100_000).joined(separator: ",") + "]}"),
        .chunks(String(repeating: " ", count: 65_536), every: .zero, count: 800),
        .text(String(repeating: "[", count: 10_000)), .text("{}"),
    ])
    func contentThatCannotBeRead(_ body: ScriptedRegistry.Body) async throws {
        let digest = Mutex(BulkTests.FakeHub.digest(1))
        let registry = try await ScriptedRegistry { request in
            let headers = [
                ("Docker-Content-Digest", digest.withLock { $0 }), ("Content-Type", MediaType.ociIndex.description),
            ]
            return Answer(200, headers, request.method == "HEAD" ? .text("") : body)
        }
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let reference = try WorkerTests.references(1, registry)[0]
        try await store.track([reference], origin: .operator, at: .now())
        for number in [1, 2] {
            digest.withLock { $0 = BulkTests.FakeHub.digest(number) }
            let tag = try await Self.pass(store, reference, expecting: .changed) {
                try WorkerTests.worker(store, [registry], interval: 0.001)
            }
            #expect(tag.state == .active)
            #expect(tag.digest?.description == BulkTests.FakeHub.digest(number))
        }
        #expect(registry.requests.contains { $0.method == "GET" && $0.target.contains("/manifests/sha256:") })
        let tag = try #require(try await store.tag(reference))
        let history = try await store.history(of: tag.id)
        #expect(history.map(\.kind) == [.first, .rebuild])
        #expect(history.flatMap(\.platforms).isEmpty)
    }

    /// One pass of a new worker, which knows of no pause.
    private static func pass(
        _ store: TagStore, _ reference: TagReference, expecting outcome: CheckOutcome,
        _ make: () throws -> (Worker, DigestService)
    ) async throws -> TrackedTag {
        try await Task.sleep(for: .milliseconds(20))
        let (worker, digests) = try make()
        let counts = try await worker.runOnce()
        try await digests.shutdown()
        #expect(counts == [outcome: 1])
        return try #require(try await store.tag(reference))
    }

    private static func expectNothingLost(
        from before: TrackedTag, to after: TrackedTag, because reason: String, _ store: TagStore
    ) async throws {
        #expect(before.digest != nil)
        #expect(after.state == .failing)
        #expect(after.digest == before.digest)
        #expect(after.lastSucceededAt == before.lastSucceededAt)
        let checked = try [before, after].map { try #require($0.lastCheckedAt) }
        #expect(checked[0] < checked[1])
        #expect(try await store.history(of: after.id).map(\.kind) == [.first])
        let said = try #require(after.lastError)
        #expect(said.contains(reason), "\(said)")
        #expect(!said.contains("<script>"), "\(said)")
    }
}
