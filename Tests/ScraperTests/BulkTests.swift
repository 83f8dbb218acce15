import LibPQ
import Logging
import OCI
import RegistryClient
import Scraper
import Store
import Synchronization
import TagHistory
import TestSupport
import Testing

/// Listings that answer for many tags, against a registry that answers as Docker Hub and its bulk API do.
@Suite struct BulkTests {
    /// A Docker Hub of one repository: its registry and its bulk API under one roof.
    final class FakeHub: Sendable {
        struct Tag: Sendable {
            var digest: String
            var pushedAt: String
            var isListedWithDigest = true
        }

        let state: State
        let registry: ScriptedRegistry

        var requests: [ScriptedRegistry.Request] { registry.requests }
        var listings: Int { requests.count { $0.target.hasPrefix("/v2/namespaces/") } }
        var heads: Int { requests.count { $0.method == "HEAD" } }

        static func digest(_ number: Int) -> String {
            let hex = String(number, radix: 16)
            // Digests differ in their beginnings.
            return "sha256:" + String(repeating: "0", count: 8 - hex.utf8.count) + hex
                + String(repeating: "0", count: 56)
        }

        convenience init(tags: [String: Tag]) async throws {
            try await self.init(state: State(tags: tags))
        }

        private init(state: State) async throws {
            self.state = state
            registry = try await ScriptedRegistry { state.answer($0) }
        }
    }

    /// What the fake answers, now.
    final class State: Sendable {
        let tags: Mutex<[String: FakeHub.Tag]>
        /// What the listing says instead of what is true.
        let stale = Mutex<[String: FakeHub.Tag]>([:])
        let failsFromPage = Mutex(Int.max)

        init(tags: [String: FakeHub.Tag]) { self.tags = Mutex(tags) }

        func answer(_ request: ScriptedRegistry.Request) -> ScriptedRegistry.Answer {
            let path = request.target.prefix { $0 != "?" }
            if path == "/v2/namespaces/library/repositories/app/tags" {
                return list(request.target, host: request.header("Host") ?? "")
            }
            guard path.hasPrefix("/v2/library/app/manifests/"), let name = path.split(separator: "/").last,
                let tag = tags.withLock({ $0[String(name)] })
            else { return .init(404) }
            return .init(
                200, [("Docker-Content-Digest", tag.digest), ("Content-Type", MediaType.ociIndex.description)])
        }

        private func list(_ target: String, host: String) -> ScriptedRegistry.Answer {
            let page = target.firstMatch(of: /[?&]page=(\d+)/).flatMap { Int($0.1) } ?? 1
            guard page < failsFromPage.withLock({ $0 }) else { return .init(500) }
            let stale = stale.withLock { $0 }
            let all = tags.withLock { $0.merging(stale) { $1 } }.sorted {
                ($1.value.pushedAt, $0.key) < ($0.value.pushedAt, $1.key)
            }
            let part = all.dropFirst((page - 1) * 100).prefix(100)
            let results = part.map { name, tag in
                let digest = tag.isListedWithDigest ? "\"\(tag.digest)\"" : "null"
                return """
                    {"name":"\(name)","digest":\(digest),"last_updated":"\(tag.pushedAt)",\
                    "tag_last_pushed":"\(tag.pushedAt)","images":[]}
                    """
            }
            let more = page * 100 < all.count
            let next =
                more
                ? "\"http://\(host)/v2/namespaces/library/repositories/app/tags?page=\(page + 1)&page_size=100\""
                : "null"
            return .init(
                200, [("Content-Type", "application/json")],
                .text("{\"count\":\(all.count),\"next\":\(next),\"results\":[\(results.joined(separator: ","))]}"))
        }
    }

    static let longAgo = "2026-01-05T06:07:08Z"

    static func tags(_ count: Int) -> [String: FakeHub.Tag] {
        Dictionary(
            uniqueKeysWithValues: (0..<count).map {
                ("t\($0)", FakeHub.Tag(digest: FakeHub.digest($0 + 1), pushedAt: longAgo))
            })
    }

    @Test func aThousandTagsCostElevenRequests() async throws {
        let hub = try await FakeHub(tags: Self.tags(1_000))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store)
        #expect(try await worker.runOnce() == [.changed: 1_000])
        #expect(hub.requests.count <= 11)
        #expect(hub.heads == 0)
        let tag = try #require(try await store.tag(try hub.references()[0]))
        #expect(tag.digest?.description == FakeHub.digest(1))
        try await digests.shutdown()
    }

    @Test func aListingAnswersForTagsThatAreNotDue() async throws {
        let hub = try await FakeHub(tags: Self.tags(120))
        let store = try await TestDatabase.migratedStore()
        let references = try hub.references()
        try await store.track(references, origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store, interval: 1)
        _ = try await worker.runOnce()
        try await Task.sleep(for: .milliseconds(1_100))
        // All are due again; one has moved.
        hub.state.tags.withLock { $0["t7"]?.digest = FakeHub.digest(99_999) }
        hub.state.tags.withLock { $0["t7"]?.pushedAt = Timestamp.now().description }
        let counts = try await worker.runOnce()
        #expect(counts == [.changed: 1, .unchanged: 119])
        #expect(hub.heads == 0)
        let changes = try await store.changes(
            of: try TagReference(parsing: "library/app:t7"), limit: 10, cursor: nil
        ).items
        #expect(changes.first?.change.kind == .rebuild)
        #expect(changes.first?.change.pushedAt != nil)
        try await digests.shutdown()
    }

    @Test func whatTheListingLeavesOutIsAskedForOneByOne() async throws {
        var tags = Self.tags(50)
        tags["t3"]?.isListedWithDigest = false
        let hub = try await FakeHub(tags: tags)
        let store = try await TestDatabase.migratedStore()
        try await store.track(
            try hub.references() + [try TagReference(parsing: "library/app:gone")], origin: .starter, at: .now())
        let (worker, digests) = try hub.worker(store)
        #expect(try await worker.runOnce() == [.changed: 50, .missing: 1])
        #expect(hub.listings == 1)
        #expect(hub.heads == 2)
        try await digests.shutdown()
    }

    @Test func aListingThatBreaksOffLosesNothing() async throws {
        let hub = try await FakeHub(tags: Self.tags(300))
        hub.state.failsFromPage.withLock { $0 = 2 }
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store)
        #expect(try await worker.runOnce() == [.changed: 300])
        #expect(hub.heads == 200)
        try await digests.shutdown()
    }

    /// The vendor's own page may be older than what the registry has told: then the registry is asked again.
    @Test func aStaleListingNeverOverwritesWhatIsNewer() async throws {
        let hub = try await FakeHub(tags: Self.tags(20))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store, interval: 1)
        _ = try await worker.runOnce()
        let old = hub.state.tags.withLock { $0["t1"] }
        let new = FakeHub.Tag(digest: FakeHub.digest(500), pushedAt: Timestamp.now().description)
        hub.state.tags.withLock { $0["t1"] = new }
        try await Task.sleep(for: .milliseconds(1_100))
        _ = try await worker.runOnce()
        // From now on the listing tells again what it told before the push.
        hub.state.stale.withLock { $0["t1"] = old }
        try await Task.sleep(for: .milliseconds(1_100))
        #expect(try await worker.runOnce() == [.unchanged: 20])
        let reference = try TagReference(parsing: "library/app:t1")
        let history = try await store.changes(of: reference, limit: 10, cursor: nil).items
        #expect(history.map(\.change.kind) == [.rebuild, .first])
        #expect(hub.heads == 1)
        try await digests.shutdown()
    }

    /// The registry said that it is gone; a listing that still has it is no news of its return.
    @Test func aStaleListingBringsNoTagBack() async throws {
        let hub = try await FakeHub(tags: Self.tags(20))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store, interval: 1)
        _ = try await worker.runOnce()
        let old = hub.state.tags.withLock { $0.removeValue(forKey: "t1") }
        for _ in 0..<3 {
            try await Task.sleep(for: .milliseconds(1_100))
            _ = try await worker.runOnce()
            hub.state.stale.withLock { $0["t1"] = old }
        }
        let reference = try TagReference(parsing: "library/app:t1")
        let history = try await store.changes(of: reference, limit: 10, cursor: nil).items
        #expect(history.map(\.change.kind) == [.missing, .first])
        try await digests.shutdown()
    }

    /// With a fixed interval it has to answer for every tag each time; else what was not pushed since the last one is not
    /// read, but once a day.
    @Test(arguments: [(CheckPolicy.fixed(interval: 1), 6), (.adaptive, 4)])
    func aListingThatComesNewestFirst(policy: CheckPolicy, listings: Int) async throws {
        var tags = Self.tags(300)
        for number in 0..<300 {
            tags["t\(number)"]?.pushedAt = Timestamp(seconds: 1_767_600_000 + Int64(number)).description
        }
        let hub = try await FakeHub(tags: tags)
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store, policy: policy)
        _ = try await worker.runOnce()
        #expect(hub.listings == 3)
        try await store.pool.run(MakeListingsDue())
        _ = try await worker.runOnce()
        #expect(hub.listings == listings)
        #expect(hub.heads == 0)
        try await digests.shutdown()
    }

    @Test func aFewTagsAreAskedForOneByOne() async throws {
        let hub = try await FakeHub(tags: Self.tags(3))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store)
        #expect(try await worker.runOnce() == [.changed: 3])
        #expect(hub.listings == 0)
        try await digests.shutdown()
    }

    /// The vendor's listing is switched off: what it answered for is asked for one by one, each in its own time.
    @Test func tagsAreAskedForWhereNoListingAnswersAnyMore() async throws {
        let hub = try await FakeHub(tags: Self.tags(20))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store, policy: .adaptive)
        _ = try await worker.runOnce()
        #expect(hub.heads == 0)
        try await digests.shutdown()
        for days in [0.5, 1] {
            let (worker, digests) = try hub.worker(store, policy: .adaptive, isListed: false) {
                Timestamp.now().advanced(bySeconds: days * 86_400)
            }
            _ = try await worker.runOnce()
            try await digests.shutdown()
        }
        #expect(hub.heads >= 20)
    }

    @Test func twoWorkersListOnce() async throws {
        let hub = try await FakeHub(tags: Self.tags(500))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let (first, firstDigests) = try hub.worker(store)
        let (second, secondDigests) = try hub.worker(store)
        async let one = first.runOnce()
        async let two = second.runOnce()
        let counts = try await one.merging(try await two, uniquingKeysWith: +)
        #expect(counts[.changed] == 500)
        #expect(hub.listings <= 6)
        try await firstDigests.shutdown()
        try await secondDigests.shutdown()
    }
}

private struct MakeListingsDue: Statement {
    typealias Row = Never
    static let sql: SQL = "UPDATE repository_schedules SET next_listing_at = now() - interval '1 hour'"
}

extension BulkTests.FakeHub {
    func worker(
        _ store: TagStore, interval: Double = 3_600, policy: CheckPolicy? = nil, isListed: Bool = true,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws -> (worker: Worker, digests: DigestService) {
        var configuration = RegistryConfiguration()
        configuration.requestsPerSecond = 100_000
        let endpoint = try Endpoint(parsing: "http://\(registry.name)")
        var settings = RegistrySettings(endpoint: endpoint)
        settings.vendor = .dockerHub
        settings.bulkEndpoint = isListed ? .at(endpoint) : .none
        configuration.registries[.dockerHub] = settings
        let digests = try DigestService(configuration: configuration, logger: Logger(label: "test"))
        let worker = Worker(
            store: store, digests: digests,
            settings: WorkerSettings(name: "test", policy: policy ?? .fixed(interval: interval)),
            clock: clock, logger: Logger(label: "test"))
        return (worker, digests)
    }

    func references() throws -> [TagReference] {
        try state.tags.withLock { $0.keys.sorted() }.map { try TagReference(parsing: "library/app:\($0)") }
    }
}
