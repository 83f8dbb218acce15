import OCI
import RegistryClient
import Scraper
import Store
import TestSupport
import Testing

/// Tags whose host is being left alone are due again later; they have not failed.
@Suite struct PostponingTests {
    @Test func aPauseIsNoFailureOfTheTag() async throws {
        let registry = try await WorkerTests.registry { _ in .init(429, [("Retry-After", "60")]) }
        let store = try await TestDatabase.migratedStore()
        let references = try WorkerTests.references(40, registry)
        try await store.track(references, origin: .operator, at: .now())
        let (worker, digests) = try WorkerTests.worker(store, [registry])
        let before = Timestamp.now()
        // What was under way when the first answer came has failed; what was not asked has not.
        let counts = try await worker.runOnce()
        let asked = registry.requests.count
        #expect(asked < 40)
        #expect(counts == [.failed: asked])
        let status = try await store.status(at: .now())
        #expect(status.states == [.failing: asked, .pending: 40 - asked])
        var query = TagQuery()
        query.state = .pending
        for tag in try await store.tags(query).items {
            #expect(tag.nextCheckAt.map { $0.seconds(since: before) > 55 } == true)
            #expect(tag.lastError == nil)
        }
        // All is free again: another pass finds nothing due.
        #expect(try await worker.runOnce() == [:])
        #expect(registry.requests.count == asked)
        try await digests.shutdown()
    }

    @Test func whoAskedIsToldWhy() async throws {
        let registry = try await WorkerTests.registry { _ in .init(429, [("Retry-After", "60")]) }
        let store = try await TestDatabase.migratedStore()
        let references = try WorkerTests.references(2, registry)
        try await store.track(references, origin: .operator, at: .now())
        let (worker, digests) = try WorkerTests.worker(store, [registry])
        _ = await digests.digest(of: references[0])
        let request = try #require(try await store.requestCheck(of: references[1], at: .now()))
        let running = Task { try await worker.answerRequests() }
        let report = try #require(try await store.outcome(of: request, within: .seconds(10)))
        #expect(report.outcome == .failed)
        #expect(report.reason == "\(registry.name) answered 429 (too many requests)")
        #expect(try await store.tag(references[1])?.state == .pending)
        #expect(registry.requests.count == 1)
        running.cancel()
        _ = await running.result
        try await digests.shutdown()
    }
}
