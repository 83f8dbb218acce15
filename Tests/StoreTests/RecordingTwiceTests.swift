import LibPQ
import OCI
import Store
import TagHistory
import TestSupport
import Testing

/// Batches that come again, too late, or for tags that are not what they were.
@Suite(.throttled) struct RecordingTwiceTests {
    static func checker(origin: TagOrigin = .starter, tags: [String] = ["app:1"]) async throws -> Checker {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        try await store.track(tags.map(reference), origin: origin, at: hour(0))
        return try await Checker(store)
    }

    @Test(arguments: ["A", "-", "!", "A A", "A B", "A -", "A !", "A - A", "A - B", "A B A", "! A", "A - -"])
    func aBatchAfterALostCommit(checks: String) async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        for (index, word) in checks.split(separator: " ").enumerated() {
            let time = hour(Double(index))
            let answer: Checker.Answer = word == "-" ? .missing : word == "!" ? .failed("no") : .digest(String(word))
            let claims = try await checker.claims(at: time)
            let once = try await checker.record(claims, answer, at: time)
            let (rows, status) = (try await store.rows(), try await store.status(at: time))
            let tag = try #require(try await store.newTag())
            for _ in 0..<2 {
                #expect(try await checker.record(claims, answer, at: time) == once)
                #expect(try await store.rows() == rows)
                let again = try await store.status(at: time)
                #expect(again.days.map(\.seconds) == status.days.map(\.seconds))
                #expect(again.days.map(\.unchanged) == status.days.map(\.unchanged))
                #expect(again.days.map(\.changed) == status.days.map(\.changed))
                #expect(again.days.map(\.missing) == status.days.map(\.missing))
                #expect(again.days.map(\.failed) == status.days.map(\.failed))
                let now = try #require(try await store.newTag())
                #expect(now.nextCheckAt == tag.nextCheckAt)
                #expect(now.state == tag.state)
                #expect(now.lastSucceededAt == tag.lastSucceededAt)
            }
            #expect(try await store.values("SELECT max(failures) FROM tag_checks", as: Int.self)[0] <= 1)
        }
    }

    struct Late: Sendable, CustomTestStringConvertible {
        let before: String
        /// At 10 h, recorded after the one at 11 h.
        let late: String
        let newer: String
        let rows: [String]
        var testDescription: String { "\(before), late \(late), newer \(newer)" }
    }

    @Test(arguments: [
        Late(before: "", late: "A", newer: "A", rows: ["first A@10"]),
        Late(before: "", late: "A", newer: "B", rows: ["first A@10", "rebuild A>B@11>10"]),
        Late(before: "", late: "A", newer: "-", rows: ["first A@10", "missing A>-@11>10"]),
        Late(before: "", late: "-", newer: "A", rows: ["first A@11>10"]),
        Late(before: "", late: "!", newer: "A", rows: ["first A@11"]),
        Late(before: "", late: "A", newer: "!", rows: ["first A@10"]),
        Late(before: "A", late: "A", newer: "A", rows: ["first A@0"]),
        Late(before: "A", late: "A", newer: "B", rows: ["first A@0", "rebuild A>B@11>10"]),
        Late(
            before: "A", late: "B", newer: "A", rows: ["first A@0", "rebuild A>B@10>0", "rebuild! B>A@11>10"]),
        Late(
            before: "A", late: "B", newer: "C", rows: ["first A@0", "rebuild A>B@10>0", "rebuild B>C@11>10"]),
        Late(before: "A", late: "B", newer: "B", rows: ["first A@0", "rebuild A>B@10>0"]),
        Late(before: "A", late: "-", newer: "A", rows: ["first A@0", "missing A>-@10>0", "returned A@11>10"]),
        Late(before: "A", late: "A", newer: "-", rows: ["first A@0", "missing A>-@11>10"]),
        Late(
            before: "A", late: "B", newer: "-", rows: ["first A@0", "rebuild A>B@10>0", "missing B>-@11>10"]),
        Late(before: "A", late: "B", newer: "!", rows: ["first A@0", "rebuild A>B@10>0"]),
        Late(before: "A", late: "!", newer: "B", rows: ["first A@0", "rebuild A>B@11>0"]),
        Late(before: "A -", late: "-", newer: "A", rows: ["first A@0", "missing A>-@1>0", "returned A@11>10"]),
    ])
    func aCheckOvertakenByANewerOne(_ example: Late) async throws {
        func answer(_ word: String) -> Checker.Answer {
            word == "-" ? .missing : word == "!" ? .failed("no") : .digest(word)
        }
        let slow = try await Self.checker()
        let store = slow.store
        defer { store.close() }
        let (lost, quick) = try await slow.lose(after: example.before, to: answer(example.newer))
        let newer = try #require(try await store.newTag())
        for _ in 0..<2 {
            _ = try await slow.record(lost, answer(example.late), at: hour(10))
            #expect(try await store.rows() == example.rows)
            let tag = try #require(try await store.newTag())
            #expect(tag.lastCheckedAt == hour(11))
            #expect(tag.nextCheckAt == hour(example.newer == "!" ? 11 + 2 / 60 : 12))
            #expect(tag.state == newer.state)
            #expect(tag.lastError == newer.lastError)
            if example.newer != "!" { #expect(tag.digest == newer.digest) }
        }
        // Goes on from there.
        try await quick.check(.digest("Z"), at: 12)
        #expect(try await store.rows().count >= example.rows.count + 1)
        #expect(try await store.newTag()?.digest == (try digest("Z")))
    }

    @Test func twoFirstSightingsAtOnce() async throws {
        let first = try await Self.checker(tags: (0..<50).map { "app:\($0)" })
        let store = first.store
        defer { store.close() }
        let second = try await Checker(store)
        let early = try await first.claims(at: hour(0), lease: 1)
        try await store.freeLostClaims(at: hour(1))
        let late = try await second.claims(at: hour(1))
        #expect(late.count == 50)
        // Both wait for the same locks, so both have begun before either is done.
        let gate = try await store.pool.dedicatedConnection()
        try await gate.runScript("BEGIN; SELECT FROM tag_checks FOR UPDATE")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await first.record(early, .digest("A"), at: hour(0)) }
            group.addTask { _ = try await second.record(late, .digest("A"), at: hour(1)) }
            try await Task.sleep(for: .milliseconds(200))
            try await gate.runScript("COMMIT")
            try await group.waitForAll()
        }
        gate.close()
        #expect(try await store.values("SELECT count(*) FROM changes WHERE what & 15 = 1") == [50])
        #expect(try await store.values("SELECT count(*) FROM changes WHERE what & 15 NOT IN (1, 8)") == [0])
        #expect(
            try await store.values("SELECT count(*) FROM tag_checks WHERE last_checked_at <> '2026-01-01 01:00Z'") == [
                0
            ])
    }

    /// The same tags from several workers in different orders, changing all the time: nobody fails, nothing doubles.
    @Test func manyAtOnce() async throws {
        let checker = try await Self.checker(tags: (0..<40).map { "app:\($0)" })
        let store = checker.store
        defer { store.close() }
        let claims = try await checker.claims(at: hour(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    let checker = try await Checker(store)
                    for round in 0..<8 {
                        let time = hour(Double(round) + Double(worker) / 10)
                        let results = try claims.shuffled().prefix(30).map {
                            try checker.result($0, .digest(["A", "B", "C"][(worker + round) % 3]), at: time)
                        }
                        _ = try await store.record(results, worker: checker.worker, policy: Checker.policy)
                    }
                }
            }
            try await group.waitForAll()
        }
        for claim in claims {
            let rows = try await store.history(of: claim.tagID)
            #expect(rows.first?.kind == .first)
            #expect(rows.count { $0.kind == .first } == 1)
            for (before, after) in zip(rows, rows.dropFirst()) {
                #expect(before.observedAt < after.observedAt)
                #expect(after.previousDigest == before.digest)
                #expect(after.digest != before.digest)
            }
        }
    }

    @Test func untrackedMeanwhile() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        for (index, word) in ["B", "-", "!", "C"].enumerated() {
            let claims = try await checker.claims(at: hour(Double(index + 1)))
            #expect(claims.count == 1)
            #expect(try await store.untrack(reference("app:1")))
            #expect(try await store.untrack(reference("app:1")) == false)
            let answer: Checker.Answer = word == "-" ? .missing : word == "!" ? .failed("no") : .digest(word)
            _ = try await checker.record(claims, answer, at: hour(Double(index + 1)))
            let tag = try #require(try await store.newTag())
            #expect(tag.state == .untracked)
            #expect(tag.nextCheckAt == nil)
            #expect(try await checker.claims(at: hour(1_000)).isEmpty)
            #expect(try await store.lanes(at: hour(0)).isEmpty)
            try await store.track([reference("app:1")], origin: .visitor, at: hour(Double(index + 1)))
        }
        let state = try #require(try await store.newTag()).state
        #expect(state == .active)
        #expect(
            try await store.rows() == [
                "first A@0", "rebuild A>B@1>0", "missing B>-@2>1", "returned C@4>2", "rebuild B>C@4>1",
            ])
    }

    @Test func retrackedMeanwhile() async throws {
        let checker = try await Self.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        let claims = try await checker.claims(at: hour(1))
        #expect(try await store.untrack(reference("app:1")))
        #expect(
            try await store.track([reference("app:1")], origin: .operator, at: hour(1.1)) == [
                reference("app:1"): .added
            ])
        #expect(try await store.newTag()?.trackedSince == hour(1.1))
        _ = try await checker.record(claims, .digest("A"), at: hour(1.2))
        #expect(try await store.newTag()?.state == .active)
        #expect(try await store.newTag()?.nextCheckAt == hour(2.2))
    }

    @Test func whatNoRegistryEverHadIsRemoved() async throws {
        let first = try await Self.checker(origin: .visitor)
        let store = first.store
        defer { store.close() }
        let second = try await Checker(store)
        let early = try await first.claims(at: hour(0), lease: 1)
        try await store.freeLostClaims(at: hour(1))
        let late = try await second.claims(at: hour(1))
        #expect(try await second.record(late, .missing, at: hour(1)) == [.missing: 1])
        #expect(try await store.newTag() == nil)
        #expect(try await store.values("SELECT count(*) FROM tag_checks") == [0])
        // The other worker's check of what is gone, whatever it says.
        for answer in [Checker.Answer.missing, .failed("no"), .digest("A")] {
            #expect(try await first.record(early, answer, at: hour(0)) == [:])
        }
        #expect(try await store.values("SELECT count(*) FROM changes") == [0])
        #expect(try await store.values("SELECT count(*) FROM claims") == [0])
    }

    @Test func whatWasSeenOnceIsNeverRemoved() async throws {
        let checker = try await Self.checker(origin: .visitor)
        let store = checker.store
        defer { store.close() }
        try await checker.live("A - -")
        #expect(try await store.newTag()?.state == .missing)
        #expect(try await store.newTag()?.digest == nil)
        #expect(try await store.rows() == ["first A@0", "missing A>-@1>0"])
    }
}
