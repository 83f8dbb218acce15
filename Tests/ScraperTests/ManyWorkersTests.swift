import Logging
import OCI
import RegistryClient
import Scraper
import Store
import TagHistory
import TestSupport
import Testing

/// Several workers on one repository: one lists it, and nobody asks for what the listing answers.
@Suite struct ManyWorkersTests {
    @Test(.timeLimit(.minutes(5))) func threeWorkersListOnceAPassAndAskForNothingElse() async throws {
        let hub = try await BulkTests.FakeHub(tags: BulkTests.tags(1_000))
        let store = try await TestDatabase.migratedStore()
        try await store.track(try hub.references(), origin: .operator, at: .now())
        let begin = Timestamp.now()
        var services: [DigestService] = []
        var running: [Task<Void, any Error>] = []
        for _ in 0..<3 {
            let (worker, digests) = try hub.worker(store, interval: 4)
            services.append(digests)
            running.append(Task { try await worker.run() })
        }
        var query = TagQuery()
        query.state = .active
        query.limit = 1_000
        while try await store.tags(query).items.count < 1_000 { try await Task.sleep(for: .milliseconds(50)) }
        let start = Timestamp.now()
        let first = try hub.references()[0]
        // Two more passes, or on a busy machine as long as a second one takes.
        func isOver() async throws -> Bool {
            guard Timestamp.now().seconds(since: start) >= 9, hub.listings >= 20 else { return false }
            return try await store.tag(first)?.lastCheckedAt.map { $0 > start } ?? false
        }
        while try await !isOver() { try await Task.sleep(for: .milliseconds(100)) }
        for task in running { task.cancel() }
        for task in running { _ = await task.result }
        #expect(hub.heads == 0)
        let passes = Timestamp.now().seconds(since: begin) / 4 + 1
        #expect(Double(hub.listings) <= 10 * passes.rounded(.up))
        for digests in services { try await digests.shutdown() }
    }

    /// What a dead worker was listing is listed by another one.
    @Test func aDeadWorkersListingIsTakenOver() async throws {
        let store = try await TestDatabase.migratedStore()
        let references = try (0..<10).map { try TagReference(parsing: "registry.test/app:\($0)") }
        try await store.track(references, origin: .operator, at: .now())
        let repository = references[0].repository
        let first = try await store.beginWorker(name: "first", at: .now())
        let second = try await store.beginWorker(name: "second", at: .now())
        func right(_ worker: WorkerSession) async throws -> ListingRight {
            try await store.beginListing(repository, worker: worker, lease: 600, at: .now())
        }
        #expect(try await right(first).name == "granted")
        #expect(try await right(second).name == "busy")
        let registry = try #require(try await store.lanes(at: .now()).first)
        let window = ClaimWindow(.fixed(interval: 60), lane: nil, at: .now())
        func claims() async throws -> Int {
            try await store.claimDue(
                registryID: registry.registryID, worker: second, limit: 100, lease: 60, window: window
            ).count
        }
        #expect(try await claims() == 0)
        await first.end()
        try await store.freeLostClaims(at: .now())
        #expect(try await claims() == 10)
        let granted = try await right(second)
        #expect(granted.name == "granted")
        guard case .granted(let claim) = granted else { return }
        try await store.endListing(
            claim, .failed(pause: 0), policy: .adaptive, worker: second, startedAt: .now(), at: .now())
        #expect(try await right(second).name == "tooSoon")
        await second.end()
    }
}

extension ListingRight {
    fileprivate var name: String {
        switch self {
        case .granted: "granted"
        case .busy: "busy"
        case .tooSoon: "tooSoon"
        }
    }
}
