import Logging
import OCI
import RegistryClient
import Store
import TagHistory
import TestSupport
import Testing

@testable import Scraper

/// What changes are said to be, from a real registry to the database.
@Suite struct ContentReaderTests {
    struct Site {
        let registry: DockerRegistry
        let store: TagStore
        let worker: Worker
        let digests: DigestService
        let reference: TagReference

        init(interval: Double = 0.001) async throws {
            registry = try await DockerRegistry.anonymous()
            store = try await TestDatabase.migratedStore()
            reference = try TagReference(parsing: "\(registry.name)/app:1")
            var configuration = RegistryConfiguration()
            configuration.requestsPerSecond = 0
            configuration.privateRegistries = try PrivateRegistries(parsing: registry.name)
            digests = try DigestService(configuration: configuration, logger: Logger(label: "test"))
            let settings = WorkerSettings(name: "test", policy: .fixed(interval: interval))
            worker = Worker(store: store, digests: digests, settings: settings, logger: Logger(label: "test"))
            try await store.track([reference], origin: .operator, at: .now())
        }

        func pass() async throws {
            try await Task.sleep(for: .milliseconds(20))
            _ = try await worker.runOnce()
        }

        func changes() async throws -> [Change] {
            try await store.history(of: #require(try await store.tag(reference)).id).filter(\.kind.isChange)
        }

        /// The newest change in words.
        func newest() async throws -> String {
            let change = try #require(try await changes().last)
            let platforms = change.platforms.map { " " + $0.description.dropFirst("linux/".count) }.joined()
            return change.kind.name + platforms
        }
    }

    static func image(_ content: String, _ architecture: String = "amd64", layers: [String]) -> TestImage {
        TestImage(
            content: content, architecture: architecture, layers: layers, created: "2026-01-02T03:04:05Z",
            labels: ["org.opencontainers.image.version": "1.\(content)"])
    }

    @Test func fromTheRegistryToTheHistory() async throws {
        let site = try await Site()
        let push = { (images: [TestImage], attestation: String?) in
            try await site.registry.pusher.pushIndex("app", tag: "1", images: images, attestation: attestation)
            try await site.pass()
        }
        let arm64 = Self.image("a", "arm64", layers: ["y"])
        try await push([Self.image("a", layers: ["x"]), arm64], "one")
        try await push([Self.image("a", layers: ["x"]), arm64], "two")
        #expect(try await site.newest() == "metadata")
        try await push([Self.image("a", layers: ["x"]), arm64], nil)
        #expect(try await site.newest() == "metadata")
        try await push([Self.image("b", layers: ["x"]), Self.image("b", "arm64", layers: ["y"])], "two")
        #expect(try await site.newest() == "noop amd64 arm64")
        var v8 = Self.image("b", "arm64", layers: ["y"])
        v8.variant = "v8"
        try await push([Self.image("b", layers: ["x"]), v8], nil)
        #expect(try await site.newest() == "metadata")
        try await push([Self.image("c", layers: ["z"]), v8], nil)
        #expect(try await site.newest() == "rebuild amd64")
        try await push([Self.image("c", layers: ["z"])], nil)
        #expect(try await site.newest() == "platforms arm64")
        try await site.registry.pusher.push("app", tag: "1", image: Self.image("c", layers: ["z"]))
        try await site.pass()
        #expect(try await site.newest() == "metadata")
        try await site.registry.pusher.push("app", tag: "1", image: Self.image("d", layers: ["z"]))
        try await site.pass()
        #expect(try await site.newest() == "noop amd64")
        let tag = try #require(try await site.store.tag(site.reference))
        #expect(tag.platforms.map(\.platform.description) == ["linux/amd64"])
        #expect(tag.platforms.map(\.digest) == [tag.digest])
        try await site.digests.shutdown()
    }

    /// Platform by platform over a day: one update of the tag, one of each platform.
    @Test func aSlowPush() async throws {
        let site = try await Site()
        var images = ["amd64", "arm64", "s390x"].map { Self.image("a", $0, layers: ["1"]) }
        for index in -1..<3 {
            if index >= 0 { images[index] = Self.image("b", images[index].architecture, layers: ["2"]) }
            try await site.registry.pusher.pushIndex("app", tag: "1", images: images)
            try await site.pass()
        }
        let changes = try await site.changes()
        #expect(changes.map(\.kind) == [.rebuild, .rebuild, .rebuild])
        #expect(
            changes.map { $0.platforms.map(\.description) } == [["linux/amd64"], ["linux/arm64"], ["linux/s390x"]])
        // As if hours had passed between them.
        let tag = try #require(try await site.store.tag(site.reference))
        var rows = try await site.store.history(of: tag.id)
        for index in rows.indices {
            rows[index].observedAt = rows[0].observedAt.advanced(bySeconds: Double(index) * 36_000)
        }
        let end = rows[0].observedAt.advanced(bySeconds: 30 * 86_400)
        let whole = Statistics(changes: rows, firstSeenAt: rows[0].observedAt, lastSucceededAt: end, asOf: end)
        #expect(whole.changes == 3)
        #expect(whole.updates == 1)
        try await site.digests.shutdown()
    }

    @Test func patience() {
        #expect(ContentPatience.next(after: .notFound, tries: 0) == .never)
        #expect(ContentPatience.next(after: .hostPaused, tries: 7) == .later(seconds: 60, isAttempt: false))
        #expect(ContentPatience.next(after: .timeout, tries: 0) == .later(seconds: 60, isAttempt: true))
        #expect(ContentPatience.next(after: .timeout, tries: 2) == .later(seconds: 960, isAttempt: true))
        #expect(ContentPatience.next(after: .timeout, tries: 6) == .later(seconds: 43_200, isAttempt: true))
        #expect(ContentPatience.next(after: .timeout, tries: 7) == .never)
        #expect(ContentPatience.next(after: .badAnswer, tries: 1) == .later(seconds: 240, isAttempt: true))
        #expect(ContentPatience.next(after: .badAnswer, tries: 2) == .never)
    }

    /// A worker that runs explains a change without being told.
    @Test(.timeLimit(.minutes(1))) func besideTheChecks() async throws {
        let site = try await Site(interval: 0.5)
        try await site.registry.pusher.pushIndex("app", tag: "1", images: [Self.image("0", layers: ["0"])])
        let running = Task { try await site.worker.run() }
        let listening = Task { await site.store.listen() }
        for content in ["1", "2"] {
            let digest = try await site.registry.pusher.pushIndex(
                "app", tag: "1", images: [Self.image(content, layers: [content])])
            while try await site.store.tag(site.reference)?.digest?.description != digest {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        let start = ContinuousClock.now
        while try await site.newest() != "rebuild amd64", ContinuousClock.now - start < .seconds(20) {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await site.newest() == "rebuild amd64")
        running.cancel()
        listening.cancel()
        _ = await running.result
        try await site.digests.shutdown()
    }
}
