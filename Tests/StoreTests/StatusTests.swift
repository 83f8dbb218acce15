import LibPQ
import OCI
import Store
import TestSupport
import Testing

@Suite(.throttled) struct StatusTests {
    @Test func ofAnEmptySite() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.ping()
        let status = try await store.status(at: hour(0))
        #expect(status.tracked == 0)
        #expect(status.states.isEmpty)
        #expect(status.changes == 0)
        #expect(status.workers.isEmpty)
        #expect(status.lanes.isEmpty)
        #expect(status.days.isEmpty)
        #expect(try await store.lanes(at: hour(0)).isEmpty)
    }

    @Test func followedRepositories() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let repository = try Repository(parsing: "a.test/x")
        try await store.follow([repository], at: hour(0))
        try await store.noteListing(
            of: repository, listed: nil, selected: nil, failure: "it broke off", next: hour(1), at: hour(0))
        #expect(try await store.status(at: hour(2)).followed.map(\.failure) == ["it broke off"])
        // Nobody lists it any more.
        #expect(try await store.status(at: hour(26)).followed.isEmpty)
    }

    @Test func lanesStatesAndDays() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track(
            ["a.test/x:1", "a.test/x:2", "a.test/x:3", "a.test/x:4", "b.test/x:1"].map(reference), origin: .starter,
            at: hour(0))
        let checker = try await Checker(store, name: "the worker")
        func check(at time: Double, _ answer: (String) -> Checker.Answer) async throws {
            let results = try await checker.claims(at: hour(time)).map {
                try checker.result(
                    $0, answer("\($0.reference)"), at: hour(time), startedAt: hour(time).advanced(bySeconds: -2))
            }
            _ = try await store.record(results, worker: checker.worker, policy: Checker.policy)
        }
        try await check(at: 0) { _ in .digest("A") }
        try await check(at: 1) {
            $0.hasPrefix("b") ? .failed("b is away") : $0.hasSuffix("4") ? .missing : .digest("B")
        }
        try await check(at: 26) {
            $0.hasPrefix("b") ? .failed("still away") : $0.hasSuffix("4") ? .missing : .digest("B")
        }
        #expect(try await store.untrack(reference("a.test/x:3")))
        try await store.track([reference("a.test/x:9")], origin: .visitor, at: hour(26.5))

        let status = try await store.status(at: hour(26.6))
        #expect(status.tracked == 5)
        #expect(status.states == [.active: 2, .missing: 1, .failing: 1, .untracked: 1, .pending: 1])
        #expect(status.changes == 3)
        #expect(status.workers.map(\.name) == ["the worker"])
        #expect(status.workers.map(\.startedAt) == [hour(0)])
        let lanes = status.lanes
        #expect(lanes.map(\.registry.name) == ["a.test", "b.test"])
        #expect(lanes.map(\.tracked) == [4, 1])
        #expect(lanes.map(\.due) == [1, 1])
        #expect(lanes.map(\.oldestDueAt) == [hour(26.5), hour(26 + 4.0 / 60)])
        let glance = try await store.status(at: hour(26.6), countsDue: false).lanes
        #expect(glance.map(\.due) == [nil, nil] && glance.map(\.oldestDueAt) == [nil, nil])
        #expect(glance.map(\.tracked) == [4, 1] && glance.map(\.failing) == [0, 1])
        // The missing tag was expected to join the others' change.
        #expect(lanes.map(\.checks.due) == [3, 1])
        #expect(lanes.map(\.checks.boosted) == [1, 0])
        #expect(lanes.map(\.failing) == [0, 1])
        #expect(lanes.map(\.recent.checks) == [4, 1] && lanes.map(\.recent.failed) == [0, 1])
        #expect(lanes.map(\.lastError) == [nil, "still away"])
        #expect(lanes.map(\.lastSucceededAt) == [hour(26), hour(0)])
        let days = status.days
        #expect(days.map(\.day) == [hour(0), hour(24)])
        #expect(days.map(\.changed) == [8, 0])
        #expect(days.map(\.unchanged) == [0, 3])
        #expect(days.map(\.missing) == [1, 1])
        #expect(days.map(\.failed) == [1, 1])
        #expect(days.map(\.seconds) == [20, 10])
        let queue = try await store.lanes(at: hour(0))
        #expect(queue.map(\.registry.name) == ["b.test", "a.test"])
        #expect(queue.map(\.nextAt) == [hour(26 + 4.0 / 60), hour(26.5)])
        // Fifty days, the newest last.
        #expect(try await store.status(at: hour(24 * 49)).days.count == 2)
        #expect(try await store.status(at: hour(24 * 50)).days.count == 1)
        #expect(try await store.status(at: hour(24 * 51)).days.isEmpty)
    }
}
