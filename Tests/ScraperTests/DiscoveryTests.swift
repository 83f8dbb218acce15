import Logging
import OCI
import RegistryClient
import Scraper
import Store
import Synchronization
import TagHistory
import TestSupport
import Testing

/// Followed repositories: new tags appear by themselves, what is chosen no more is let go.
@Suite struct DiscoveryTests {
    final class Tags: Sendable {
        let names: Mutex<[String]>
        /// The Link of the first page, and what the second one is.
        let next = Mutex<(link: String, answer: ScriptedRegistry.Answer)?>(nil)
        init(_ names: [String]) { self.names = Mutex(names) }
    }

    static func registry(_ tags: Tags) async throws -> ScriptedRegistry {
        try await ScriptedRegistry { request in
            let next = tags.next.withLock { $0 }
            if request.target.hasPrefix("/v2/app/tags/list?page=2") { return next?.answer ?? .init(404) }
            guard request.target.hasPrefix("/v2/app/tags/list") else { return WorkerTests.found() }
            let names = tags.names.withLock { $0 }
            let listed = names.map { "\"\($0)\"" }.joined(separator: ",")
            return .init(
                200, next.map { [("Link", "<\($0.link)>; rel=\"next\"")] } ?? [],
                .text("{\"name\":\"app\",\"tags\":[\(listed)]}"))
        }
    }

    static func tracked(_ store: TagStore) async throws -> [String] {
        try await store.tags(TagQuery()).items.map(\.reference.tag.name)
    }

    static func wait(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try await !condition(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test func newTagsAppearByThemselves() async throws {
        let tags = Tags(["1.0", "1.1", "latest", "1.1-windows", "sha256-" + String(repeating: "a", count: 64) + ".sig"])
        let registry = try await Self.registry(tags)
        let store = try await TestDatabase.migratedStore()
        let (_, digests) = try WorkerTests.worker(store, [registry])
        let repository = try Repository(parsing: "\(registry.name)/app")
        var settings = WorkerSettings(name: "test")
        settings.followed = [
            FollowedSelection(
                repository: repository, selection: try TagSelection(semver: ">=1", excludes: ["*-windows"], keep: 2))
        ]
        settings.listingInterval = 0.2
        let worker = Worker(store: store, digests: digests, settings: settings, logger: Logger(label: "test"))
        try await store.track([try TagReference(parsing: "\(registry.name)/app:0.9")], origin: .operator, at: .now())
        let running = Task { try await worker.run() }
        try await Self.wait { try await Self.tracked(store).count == 3 }
        #expect(try await Self.tracked(store) == ["0.9", "1.0", "1.1"])
        tags.names.withLock { $0.append("1.2") }
        try await Self.wait { try await Self.tracked(store).contains("1.2") }
        try await Self.wait { try await Self.tracked(store).count == 3 }
        // The oldest chosen one gave way; what a person tracks stays.
        #expect(try await Self.tracked(store) == ["0.9", "1.1", "1.2"])
        let old = try #require(try await store.tag(try TagReference(parsing: "\(registry.name)/app:1.0")))
        #expect(old.state == .untracked)

        // What a person stopped stays so, what a person wishes for stays too, and an empty list takes nothing away.
        #expect(try await store.untrack(try TagReference(parsing: "\(registry.name)/app:1.1")))
        try await store.track([try TagReference(parsing: "\(registry.name)/app:1.2")], origin: .operator, at: .now())
        tags.names.withLock { $0 = ["1.1", "1.3"] }
        try await Self.wait { try await Self.tracked(store).contains("1.3") }
        #expect(try await Self.tracked(store) == ["0.9", "1.2", "1.3"])
        tags.names.withLock { $0 = [] }
        let before = try #require(try await store.followedRepositories().first?.listedAt)
        try await Self.wait { try await store.followedRepositories().first.map { $0.listed == 0 } ?? false }
        #expect(try await store.followedRepositories().first?.listedAt.map { $0 > before } == true)
        #expect(try await Self.tracked(store) == ["0.9", "1.2", "1.3"])
        running.cancel()
        _ = await running.result
        try await digests.shutdown()
    }

    /// A listing that stops half way takes nothing away, and says why.
    @Test(arguments: [
        ("/v2/app/tags/list?page=2", ScriptedRegistry.Answer(500), "500"),
        ("/v2/app/tags/list?page=2", .init(200, [], .text("{\"name\":\"app\",\"tags\":[\"1.")), "tags"),
        ("/v2/app/tags/list?page=2", .init(404), "app"),
        ("https://elsewhere.example/v2/app/tags/list?page=2", .init(200), "another"),
        ("http://127.0.0.1:1/v2/app/tags/list?page=2", .init(200), "another"),
    ])
    func aListingThatStopsHalfWay(_ link: String, _ second: ScriptedRegistry.Answer, _ reason: String) async throws {
        let tags = Tags(["1.0", "1.1"])
        let registry = try await Self.registry(tags)
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let (_, digests) = try WorkerTests.worker(store, [registry])
        var settings = WorkerSettings(name: "test")
        settings.followed = [
            FollowedSelection(
                repository: try Repository(parsing: "\(registry.name)/app"), selection: try TagSelection(semver: ">=1"))
        ]
        settings.listingInterval = 0.2
        let worker = Worker(store: store, digests: digests, settings: settings, logger: Logger(label: "test"))
        let running = Task { try await worker.run() }
        try await Self.wait { try await Self.tracked(store).count == 2 }
        tags.names.withLock { $0 = ["1.1", "1.2"] }
        tags.next.withLock { $0 = (link, second) }
        try await Self.wait { try await store.followedRepositories().first?.failure != nil }
        let failure = try #require(try await store.followedRepositories().first?.failure)
        #expect(failure.contains(reason), "\(failure)")
        #expect(try await Self.tracked(store) == ["1.0", "1.1"])
        running.cancel()
        _ = await running.result
        try await digests.shutdown()
    }
}
