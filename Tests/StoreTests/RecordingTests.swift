import LibPQ
import OCI
import Store
import TagHistory
import TestSupport
import Testing

@Suite(.throttled) struct RecordingTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let checks: String
        let rows: [String]
        let state: TagState
        let succeeded: Double
        var testDescription: String { checks }
    }

    @Test(arguments: [
        Example(checks: "A", rows: ["first A@0"], state: .active, succeeded: 0),
        Example(checks: "A A A", rows: ["first A@0"], state: .active, succeeded: 2),
        Example(checks: "A A B", rows: ["first A@0", "rebuild A>B@2>1"], state: .active, succeeded: 2),
        Example(
            checks: "A B A", rows: ["first A@0", "rebuild A>B@1>0", "rebuild! B>A@2>1"], state: .active, succeeded: 2),
        Example(checks: "A ! !", rows: ["first A@0"], state: .failing, succeeded: 0),
        Example(checks: "! ! A", rows: ["first A@2"], state: .active, succeeded: 2),
        Example(checks: "A ! B", rows: ["first A@0", "rebuild A>B@2>0"], state: .active, succeeded: 2),
        Example(checks: "A -", rows: ["first A@0", "missing A>-@1>0"], state: .missing, succeeded: 0),
        Example(
            checks: "A A - - A", rows: ["first A@0", "missing A>-@2>1", "returned A@4>3"], state: .active,
            succeeded: 4),
        Example(
            checks: "A A - - B", rows: ["first A@0", "missing A>-@2>1", "returned B@4>3", "rebuild A>B@4>1"],
            state: .active, succeeded: 4),
        Example(
            checks: "A B - A",
            rows: ["first A@0", "rebuild A>B@1>0", "missing B>-@2>1", "returned A@3>2", "rebuild! B>A@3>1"],
            state: .active, succeeded: 3),
        Example(
            checks: "A - ! A", rows: ["first A@0", "missing A>-@1>0", "returned A@3>1"], state: .active, succeeded: 3),
        Example(
            checks: "A - A - A B",
            rows: [
                "first A@0", "missing A>-@1>0", "returned A@2>1", "missing A>-@3>2", "returned A@4>3",
                "rebuild A>B@5>4",
            ], state: .active, succeeded: 5),
        Example(checks: "A - !", rows: ["first A@0", "missing A>-@1>0"], state: .failing, succeeded: 0),
    ])
    func historyOfChecks(_ example: Example) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: .operator, at: hour(0))
        let checker = try await Checker(store)
        try await checker.live(example.checks)
        let tag = try #require(try await store.newTag())
        let words = example.checks.split(separator: " ")
        #expect(try await store.rows() == example.rows)
        #expect(tag.state == example.state)
        #expect(tag.lastSucceededAt == hour(example.succeeded))
        #expect(tag.lastCheckedAt == hour(Double(words.count - 1)))
        let failures = words.reversed().prefix { $0 == "!" }.count
        let pause = failures == 0 ? 1 : Double(1 << failures) / 60
        #expect(tag.nextCheckAt == hour(Double(words.count - 1) + pause))
        #expect(tag.firstSeenAt == (try await store.history(of: tag.id).first?.observedAt))
        #expect((tag.lastError != nil) == (words.last == "!"))
        let changes = try await store.changes(of: tag.reference, limit: 100, cursor: nil)
        #expect(text(changes.items.map(\.change)) == example.rows.reversed())
        // The same observations imported instead.
        let spans = zip(0..., words).filter { $0.1 != "!" }.map { "\($0.1)@\($0.0)" }.joined(separator: " ")
        try await store.importAll(spans, of: "imported:1")
        #expect(try await store.rows(of: "imported:1") == example.rows)
        let imported = try #require(try await store.newTag("imported:1"))
        #expect(imported.lastSucceededAt == tag.lastSucceededAt)
        #expect(imported.lastChangedAt == tag.lastChangedAt)
        #expect(imported.lastCheckedAt == nil)
    }

    @Test func aFailureKeepsItsReasonUntilTheNextSuccess() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: .visitor, at: hour(0))
        let checker = try await Checker(store)
        try await checker.check(.failed("connection refused"), at: 0)
        #expect(try await store.newTag()?.lastError == "connection refused")
        #expect(try await store.newTag()?.state == .failing)
        try await checker.check(.failed("time-out"), at: 1)
        #expect(try await store.newTag()?.lastError == "time-out")
        let claims = try await checker.claims(at: hour(2))
        #expect(claims.map(\.failures) == [2])
        _ = try await checker.record(claims, .missing, at: hour(2))
        #expect(try await store.newTag() == nil)

        try await store.track([reference("app:2")], origin: .starter, at: hour(3))
        try await checker.live("! - - A", from: 3)
        #expect(try await store.newTag("app:2")?.state == .active)
        #expect(try await store.newTag("app:2")?.lastError == nil)
        #expect(try await store.rows(of: "app:2") == ["first A@6>5"])
    }

    /// Who named it on the command line was told nothing yet, and looks for it in the list.
    @Test func whatTheOperatorNamedIsNotForgotten() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: .operator, at: hour(0))
        try await store.track([reference("app:2")], origin: .visitor, at: hour(0))
        let checker = try await Checker(store)
        try await checker.check(.missing, at: 0)
        #expect(try await store.newTag()?.state == .missing)
        #expect(try await store.newTag("app:2") == nil)
        try await checker.live("- A", from: 1)
        #expect(try await store.rows(of: "app:1") == ["first A@2>1"])
    }

    /// Nor by who asks for its check; only what is not tracked any more and has no history goes.
    @Test(arguments: [TagOrigin.operator, .visitor])
    func whoAsksForACheckForgetsNothingOfOthers(origin: TagOrigin) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: origin, at: hour(0))
        let checker = try await Checker(store)
        _ = try await store.requestCheck(of: reference("app:1"), at: hour(0))
        let claims = try await store.claimRequested(worker: checker.worker, limit: 10, lease: 60, at: hour(0))
        _ = try await checker.record(claims, .missing, at: hour(0))
        #expect(try await store.newTag()?.state == (origin == .operator ? .missing : nil))
        try await store.forgetUnseen(reference("app:1"))
        #expect(try await store.newTag()?.state == (origin == .operator ? .missing : nil))
        _ = try await store.untrack(reference("app:1"))
        try await store.forgetUnseen(reference("app:1"))
        #expect(try await store.newTag() == nil)

        try await store.track([reference("app:2")], origin: .operator, at: hour(1))
        try await checker.check(.digest("A"), at: 1)
        _ = try await store.untrack(reference("app:2"))
        try await store.forgetUnseen(reference("app:2"))
        #expect(try await store.newTag("app:2")?.state == .untracked)
    }

    @Test func summariesFollowTheHistory() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: .operator, at: hour(0))
        let checker = try await Checker(store)
        // Twelve hours apart, so that each is an episode of its own.
        for (index, name) in ["A", "B", "C", "D"].enumerated() {
            try await checker.check(.digest(name), at: Double(index) * 12)
        }
        #expect(try await store.values("SELECT changes FROM tags") == [3 as Int])
        #expect(try await store.values("SELECT changes_30d FROM tags", as: Int.self) == [3])
        let interval = try #require(try await store.values("SELECT interval_days FROM tags", as: Float.self).first)
        #expect(abs(interval - 0.5) < 0.001)
        try await store.refreshSummaries(at: hour(40 * 24))
        #expect(try await store.values("SELECT changes_30d FROM tags", as: Int.self) == [0])
        #expect(try await store.values("SELECT changes FROM tags", as: Int.self) == [3])
        try await store.refreshSummaries(at: hour(500 * 24))
        #expect(try await store.values("SELECT interval_days FROM tags", as: Float?.self) == [nil])
    }

    @Test func mediaTypesFillInAndStay() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.importAll("A@0")
        #expect(try await store.newTag()?.mediaType == nil)
        let checker = try await Checker(store)
        #expect(try await checker.check(.digest("A"), at: 1, mediaType: .ociIndex) == [.unchanged: 1])
        #expect(try await store.newTag()?.mediaType == .ociIndex)
        try await checker.check(.digest("A"), at: 2, mediaType: .ociManifest)
        #expect(try await store.newTag()?.mediaType == .ociIndex)
        try await checker.check(.digest("A"), at: 3)
        #expect(try await store.newTag()?.mediaType == .ociIndex)
        #expect(try await store.rows() == ["first A@0"])
        #expect(try await store.newTag()?.lastSucceededAt == hour(3))
    }

    @Test func checksAreCountedByHourAndRegistry() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track(
            ["app:1", "app:2", "other.test/app:1"].map(reference), origin: .starter, at: hour(0))
        let checker = try await Checker(store)
        try await checker.live("A A B - !")
        let status = try await store.status(at: hour(5))
        let day = try #require(status.days.first)
        #expect(status.days.count == 1)
        #expect((day.unchanged, day.changed, day.missing, day.failed) == (3, 6, 3, 3))
        #expect(day.day == hour(0))
        #expect(try await store.values("SELECT count(*) FROM check_counts", as: Int.self) == [10])
    }
}
