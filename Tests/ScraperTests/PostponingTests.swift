import OCI
import RegistryClient
import Scraper
import Store
import Synchronization
import TestSupport
import Testing

/// Tags whose host is being left alone are due again later; they have not failed.
@Suite struct PostponingTests {
    /// A registry that answers until it is told to ask for patience.
    static func moody() async throws -> (registry: ScriptedRegistry, isBusy: Mutexed) {
        let isBusy = Mutexed()
        let registry = try await WorkerTests.registry { _ in
            isBusy.value ? .init(429, [("Retry-After", "60")]) : WorkerTests.found()
        }
        return (registry, isBusy)
    }

    final class Mutexed: Sendable {
        private let state = Mutex(false)
        var value: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }

    @Test func aPauseIsNoFailureOfAKnownTag() async throws {
        let (registry, isBusy) = try await Self.moody()
        let store = try await TestDatabase.migratedStore()
        try await store.track(try WorkerTests.references(40, registry), origin: .operator, at: .now())
        let (worker, digests) = try WorkerTests.worker(store, [registry], interval: 0.5)
        #expect(try await worker.runOnce() == [.changed: 40])
        isBusy.set()
        try await Task.sleep(for: .seconds(1))
        let before = Timestamp.now()
        // What was under way when the first answer came has failed; what was not asked has not.
        let counts = try await worker.runOnce()
        let asked = registry.requests.count - 40
        #expect(asked < 40)
        #expect(counts == [.failed: asked])
        #expect(try await store.status(at: .now()).states == [.failing: asked, .active: 40 - asked])
        var query = TagQuery()
        query.state = .active
        for tag in try await store.tags(query).items {
            #expect(tag.nextCheckAt.map { $0.seconds(since: before) > 55 } == true)
            #expect(tag.lastError == nil)
        }
        // All is free again: another pass finds nothing due.
        #expect(try await worker.runOnce() == [:])
        #expect(registry.requests.count == asked + 40)
        try await digests.shutdown()
    }

    /// Of a tag that was never seen the host's reason is all that can be told.
    @Test func whatWasNeverSeenIsFailingWithTheHostsReason() async throws {
        let (registry, isBusy) = try await Self.moody()
        isBusy.set()
        let store = try await TestDatabase.migratedStore()
        try await store.track(try WorkerTests.references(40, registry), origin: .operator, at: .now())
        let (worker, digests) = try WorkerTests.worker(store, [registry])
        #expect(try await worker.runOnce() == [.failed: 40])
        #expect(registry.requests.count < 40)
        for tag in try await store.tags(TagQuery()).items { #expect(tag.lastError?.contains("429") == true) }
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
        #expect(try await store.tag(references[1])?.state == .failing)
        #expect(registry.requests.count == 1)
        running.cancel()
        _ = await running.result
        try await digests.shutdown()
    }
}
