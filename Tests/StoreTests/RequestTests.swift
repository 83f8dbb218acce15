import LibPQ
import Logging
import OCI
import Store
import TestSupport
import Testing

@Suite(.throttled) struct RequestTests {
    static func checker(origin: TagOrigin = .starter) async throws -> Checker {
        try await RecordingTwiceTests.checker(origin: origin)
    }

    func requested(_ checker: Checker, at time: Timestamp) async throws -> [Claim] {
        try await checker.store.claimRequested(worker: checker.worker, limit: 10, lease: 300, at: time)
    }

    @Test func aheadOfTheQueue() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        #expect(try await checker.claims(at: hour(0.5)).isEmpty)
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0.5)))
        #expect(try await store.outcome(of: request, within: .zero) == nil)
        let claims = try await requested(checker, at: hour(0.5))
        #expect(claims.map(\.reference) == [try reference("app:1")])
        #expect(try await requested(checker, at: hour(0.5)).isEmpty)
        _ = try await checker.record(claims, .digest("B"), at: hour(0.6), startedAt: hour(0.55))
        let report = try #require(try await store.outcome(of: request, within: .zero))
        #expect(report.outcome == .changed)
        #expect(report.digest == (try digest("B")))
        #expect(report.reason == nil)
        #expect(report.checkedAt == hour(0.6))
        #expect(report.reference == (try reference("app:1")))
        #expect(try await requested(checker, at: hour(1)).isEmpty)
    }

    @Test func everyOutcome() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        let answers: [(Checker.Answer, CheckOutcome)] = [
            (.digest("A"), .changed), (.digest("A"), .unchanged), (.failed("no route"), .failed), (.missing, .missing),
        ]
        for (index, (answer, outcome)) in answers.enumerated() {
            let time = hour(Double(index))
            let request = try #require(try await store.requestCheck(of: reference("app:1"), at: time))
            let again = try #require(try await store.requestCheck(of: reference("app:1"), at: time))
            _ = try await checker.record(try await requested(checker, at: time), answer, at: time)
            for request in [request, again] {
                let report = try #require(try await store.outcome(of: request, within: .zero))
                #expect(report.outcome == outcome)
                #expect((report.reason == "no route") == (outcome == .failed))
            }
        }
    }

    @Test func onlyByACheckThatBeganLater() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        let due = try await checker.claims(at: hour(1))
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(1.2)))
        // Another worker does not ask the registry for the same tag at the same time.
        #expect(try await requested(checker, at: hour(1.2)).isEmpty)
        _ = try await checker.record(due, .digest("A"), at: hour(1.3), startedAt: hour(1.1))
        #expect(try await store.outcome(of: request, within: .zero) == nil)
        let claims = try await requested(checker, at: hour(1.3))
        #expect(claims.count == 1)
        _ = try await checker.record(claims, .digest("B"), at: hour(1.5), startedAt: hour(1.4))
        #expect(try await store.outcome(of: request, within: .zero)?.digest == (try digest("B")))
    }

    @Test func theFirstCheckAnswersThoseWhoAskedDuringIt() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        let due = try await checker.claims(at: hour(0.1))
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0.2)))
        _ = try await checker.record(due, .digest("A"), at: hour(0.3), startedAt: hour(0.1))
        #expect(try await store.outcome(of: request, within: .zero)?.outcome == .changed)
    }

    /// The page's clock is a minute ahead of the worker's: no reason to ask the registry for a minute.
    @Test func clocksThatDisagree() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        let ahead = hour(0.5).advanced(bySeconds: 60)
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: ahead))
        let claims = try await requested(checker, at: hour(0.5))
        _ = try await checker.record(claims, .digest("A"), at: hour(0.5))
        #expect(try await store.outcome(of: request, within: .zero)?.outcome == .unchanged)
        #expect(try await requested(checker, at: hour(0.5)).isEmpty)
    }

    @Test func ofATagThatNoRegistryHas() async throws {
        let checker = try await Self.checker(origin: .visitor)
        let store = checker.store
        defer { store.close() }
        let before = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0)))
        let claims = try await requested(checker, at: hour(0))
        let during = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0.2)))
        _ = try await checker.record(claims, .missing, at: hour(0.3), startedAt: hour(0.1))
        for request in [before, during] {
            #expect(try await store.outcome(of: request, within: .zero)?.outcome == .missing)
        }
        #expect(try await store.newTag() == nil)
        #expect(try await store.requestCheck(of: reference("app:1"), at: hour(0.4)) == nil)
        // Tracked anew, it is a new tag.
        try await store.track([reference("app:1")], origin: .visitor, at: hour(1))
        try await checker.check(.digest("A"), at: 1)
        #expect(try await store.rows() == ["first A@1"])
    }

    @Test func notOfUntrackedTags() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        #expect(try await store.requestCheck(of: reference("other:1"), at: hour(0)) == nil)
        #expect(try await store.untrack(reference("app:1")))
        #expect(try await store.requestCheck(of: reference("app:1"), at: hour(0)) == nil)
    }

    @Test func leftoversKeepNobodyWaiting() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await store.pool.withConnection {
            try await $0.runScript(
                "INSERT INTO check_requests (requested_at, tag_id) SELECT now(), 1000 + n FROM generate_series(1, 50) n"
            )
        }
        _ = try await store.requestCheck(of: reference("app:1"), at: hour(0))
        #expect(try await requested(checker, at: hour(0)).count == 1)
        #expect(try await store.values("SELECT count(*) FROM claims") == [1])
        try await store.forgetRequests(at: hour(24 * 365 * 10))
        #expect(try await store.values("SELECT count(*) FROM check_requests") == [0])
    }

    @Test func finishedOnesAreForgottenAfterAnHour() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0)))
        _ = try await checker.record(try await requested(checker, at: hour(0)), .digest("A"), at: hour(0))
        try await store.forgetRequests(at: hour(0.9))
        #expect(try await store.outcome(of: request, within: .zero) != nil)
        try await store.forgetRequests(at: hour(1.1))
        #expect(try await store.outcome(of: request, within: .zero) == nil)
    }

    @Test func theAnswerWakesWhoWaits() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        let listening = Task { await store.listen() }
        defer { listening.cancel() }
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0)))
        async let report = store.outcome(of: request, within: .seconds(20))
        _ = try await checker.record(try await requested(checker, at: hour(0)), .digest("A"), at: hour(0))
        #expect(try await report?.outcome == .changed)
    }

    @Test func nobodyWaitsLongerThanTheyWish() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(0)))
        let begin = ContinuousClock.now
        #expect(try await store.outcome(of: request, within: .milliseconds(300)) == nil)
        #expect(ContinuousClock.now - begin >= .milliseconds(300))
        let waiting = Task { try await store.outcome(of: request, within: .seconds(60)) }
        waiting.cancel()
        await #expect(throws: (any Error).self) { try await waiting.value }
    }
}
