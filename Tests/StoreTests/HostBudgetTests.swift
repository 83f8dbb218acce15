import LibPQ
import OCI
import Store
import TestSupport
import Testing

/// What the workers share of a host, in the real database and by its clock.
@Suite(.throttled) struct HostBudgetTests {
    static let host = "registry.test:443"

    static func report(_ rate: Double? = 10, wanted: Int = 0) -> HostReport {
        var report = HostReport(host: host, requestsPerSecond: rate, capacity: 2)
        report.wanted = wanted
        return report
    }

    /// Moves everything on this host's row into the past.
    static func pass(_ seconds: Double, _ store: TagStore) async throws {
        try await store.pool.withConnection { connection in
            _ = try await connection.run(Shift(seconds: seconds))
        }
    }

    struct Shift: Statement {
        typealias Row = Never
        let seconds: Double
        static let sql: SQL = """
            UPDATE host_budgets SET next_turn_at = next_turn_at - $1 * interval '1 second',
                next_content_at = next_content_at - $1 * interval '1 second',
                paused_until = paused_until - $1 * interval '1 second', trial_at = trial_at - $1 * interval '1 second',
                quota_seen_at = quota_seen_at - $1 * interval '1 second',
                quota_resets_at = quota_resets_at - $1 * interval '1 second'
            """
        func bind(_ parameters: inout Parameters) { parameters.append(seconds) }
    }

    @Test func turnsFollowEachOther() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let first = try await store.exchange(Self.report(wanted: 5))
        #expect(first.granted == 5)
        // Two turns were saved up: one that is there to be taken, and one more a tenth of a second ago.
        #expect(abs(first.firstInSeconds - -0.1) < 0.05)
        let second = try await store.exchange(Self.report(wanted: 100))
        // A second's worth, after the first one's.
        #expect(second.granted == 10)
        #expect(abs(second.firstInSeconds - 0.4) < 0.1)
        let third = try await store.exchange(Self.report(wanted: 100))
        #expect(third.granted == 10)
        #expect(abs(third.firstInSeconds - 1.4) < 0.1)
        // No further than three seconds ahead.
        let fourth = try await store.exchange(Self.report(wanted: 100))
        #expect((5...7).contains(fourth.granted))
        let none = try await store.exchange(Self.report(wanted: 100))
        #expect(none.granted <= 1)
        #expect(none.firstInSeconds > 2.8)
        // What nobody takes is not saved.
        try await Self.pass(3_600, store)
        let later = try await store.exchange(Self.report(wanted: 100))
        #expect(abs(later.firstInSeconds - -0.1) < 0.05)
    }

    @Test func allWorkersTogetherTakeASecond() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        defer { store.close() }
        for name in ["a", "b", "c", "d", "e"] { _ = try await store.beginWorker(name: name, at: hour(0)) }
        #expect(try await store.exchange(Self.report(wanted: 100)).granted == 2)
        #expect(try await store.exchange(Self.report(0.1, wanted: 100)).granted <= 1)
        #expect(try await store.exchange(Self.report(nil, wanted: 100)).granted == 0)
    }

    @Test func slowHostsGiveATurnAtATime() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        for _ in 0..<2 { #expect(try await store.exchange(Self.report(0.1, wanted: 3)).granted == 1) }
        let none = try await store.exchange(Self.report(0.1, wanted: 3))
        #expect(none.granted == 0)
        #expect(abs(none.firstInSeconds - 10) < 0.5)
    }

    @Test func concurrentWorkersNeverGetTheSameTurn() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        defer { store.close() }
        let start = ContinuousClock.now
        let grants = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await store.exchange(Self.report(100, wanted: 7)).granted } }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(Double(grants) <= 100 * (seconds + 3) + 2)
        #expect(grants >= 300)
    }

    @Test func aPauseHoldsForAllAndOneTriesAfterIt() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var failing = Self.report()
        failing.news = .paused(seconds: 30, failures: 3, reason: "it broke", isHostsWish: false)
        let told = try await store.exchange(failing)
        var asking = Self.report()
        asking.trialAfterSeconds = 45
        let heard = try await store.exchange(asking)
        #expect(heard.version == told.version)
        #expect(heard.pause?.reason == "it broke")
        #expect(heard.pause?.failures == 3)
        #expect(heard.pause?.isHostsWish == false)
        #expect(abs((heard.pause?.seconds ?? 0) - 30) < 1)
        #expect(!heard.hasTrial)
        // A shorter pause shortens nothing; a wish stays one.
        failing.news = .paused(seconds: 1, failures: 1, reason: "busy", isHostsWish: true)
        _ = try await store.exchange(failing)
        failing.news = .paused(seconds: 2, failures: 1, reason: "no", isHostsWish: false)
        let both = try await store.exchange(failing)
        #expect((both.pause?.seconds ?? 0) > 28)
        #expect(both.pause?.failures == 3)
        #expect(both.pause?.isHostsWish == true)
        #expect(try await store.status(at: .now()).hosts.map(\.circuit) == [.open])

        try await Self.pass(31, store)
        #expect(try await store.status(at: .now()).hosts.map(\.circuit) == [.halfOpen])
        #expect(try await store.exchange(Self.report()).hasTrial == false)
        let trial = try await store.exchange(asking)
        #expect(trial.hasTrial)
        #expect((trial.pause?.seconds ?? 1) <= 0)
        let other = try await store.exchange(asking)
        #expect(!other.hasTrial)
        #expect(abs(other.trialInSeconds - 45) < 1)
        // Who tries may die.
        try await Self.pass(46, store)
        #expect(try await store.exchange(asking).hasTrial)

        // What an older success says is of no weight.
        var well = Self.report()
        well.news = .answers
        well.knownVersion = both.version - 1
        #expect(try await store.exchange(well).pause != nil)
        well.knownVersion = both.version
        let open = try await store.exchange(well)
        #expect(open.pause == nil)
        #expect(open.version == both.version + 1)
        #expect(try await store.status(at: .now()).hosts.map(\.circuit) == [.closed])
    }

    @Test func theNewestQuotaIsKept() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var report = Self.report()
        func tell(_ remaining: Int, age: Double, resetsIn: Double? = nil) async throws -> HostGrant.Quota? {
            report.quota = .seen(
                limit: 100, remaining: remaining, windowSeconds: 21_600, resetsInSeconds: resetsIn, ageSeconds: age)
            return try await store.exchange(report).quota
        }
        #expect(try await tell(50, age: 2)?.remaining == 50)
        #expect(try await tell(40, age: 60)?.remaining == 50)
        let newest = try #require(try await tell(9, age: 0))
        #expect(newest.remaining == 9)
        #expect(newest.limit == 100)
        #expect(newest.windowSeconds == 21_600)
        #expect(newest.resetsInSeconds == nil)
        #expect(newest.ageSeconds < 1)
        #expect(try await store.status(at: .now()).hosts.first?.quota?.remaining == 9)
        // One look for all, and none where somebody has just seen it.
        report.quota = nil
        report.trialAfterSeconds = 360
        let early = try await store.exchange(report)
        #expect(!early.hasTrial)
        #expect(abs(early.trialInSeconds - 360) < 2)
        try await Self.pass(361, store)
        #expect(try await store.exchange(report).hasTrial)
        #expect(try await !store.exchange(report).hasTrial)
        report.trialAfterSeconds = nil
        #expect(abs((try await tell(8, age: 0, resetsIn: 50)?.resetsInSeconds ?? 0) - 50) < 1)
        report.quota = .unlimited
        #expect(try await store.exchange(report).quota == nil)
        #expect(try await store.status(at: .now()).hosts.first?.quota == nil)
    }

    @Test func contentIsSpreadOverAllWorkers() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        var report = Self.report()
        report.contentIntervalSeconds = 240
        report.contentBurst = 3
        for _ in 0..<3 { #expect(try await store.exchange(report).hasContent) }
        let fourth = try await store.exchange(report)
        #expect(!fourth.hasContent)
        #expect(abs(fourth.contentInSeconds - 240) < 2)
        try await Self.pass(241, store)
        #expect(try await store.exchange(report).hasContent)
        #expect(try await !store.exchange(report).hasContent)
    }

    @Test func requestsAreCountedByHourRegistryAndPurpose() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("a.test/x:1")], origin: .operator, at: hour(0))
        let (a, b) = (try Registry(parsing: "a.test"), try Registry(parsing: "b.test"))
        func spend(_ registry: Registry, _ host: String, _ kind: RequestKind, _ count: Int, at hours: Double)
            async throws
        {
            try await store.count(
                [
                    SpentRequests(registry: registry, host: host, kind: kind, count: count),
                    SpentRequests(registry: registry, host: host, kind: kind, count: 1),
                ], at: hour(hours))
        }
        _ = try await store.exchange(HostReport(host: "a.test:443", requestsPerSecond: 10, capacity: 2))
        _ = try await store.exchange(HostReport(host: "auth.test:443", requestsPerSecond: nil, capacity: 2))
        try await spend(a, "a.test:443", .check, 100, at: 0.9)
        try await spend(a, "a.test:443", .check, 10, at: 1.2)
        try await spend(a, "a.test:443", .check, 4, at: 24.5)
        try await spend(a, "auth.test:443", .token, 2, at: 24.5)
        try await spend(b, "auth.test:443", .token, 1, at: 24.6)
        let status = try await store.status(at: hour(24.9))
        #expect(status.lanes.map(\.requests) == [[.check: 16, .token: 3]])
        #expect(status.hosts.map(\.host) == ["a.test:443", "auth.test:443"])
        #expect(status.hosts.map(\.lastDay) == [[.check: 16], [.token: 5]])
        #expect(status.hosts.map(\.thisHour) == [[.check: 5], [.token: 5]])
        #expect(status.hosts.map(\.requestsPerSecond) == [10, nil])
        #expect(status.hosts.map { $0.tokens == nil } == [false, true])
    }
}
