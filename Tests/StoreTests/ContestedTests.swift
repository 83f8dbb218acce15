import LibPQ
import OCI
import Store
import TestSupport
import Testing

/// Two workers that check the same tags at the same time, because one of them has lost its claims.
@Suite(.throttled) struct ContestedTests {
    struct Contested: Sendable, CustomTestStringConvertible {
        let before: String
        /// Asked at 10 h, answered at 12 h, recorded after the one at 11 h.
        let slow: String
        let quick: String
        let rows: [String]
        /// Whether it is thrown away and its tag due at once.
        let isAgain: Bool
        var testDescription: String { "\(before), slow \(slow), quick \(quick)" }
    }

    @Test(arguments: [
        Contested(before: "A", slow: "A", quick: "A", rows: ["first A@0"], isAgain: false),
        Contested(before: "A", slow: "A", quick: "B", rows: ["first A@0", "rebuild A>B@11>0"], isAgain: true),
        Contested(before: "A", slow: "B", quick: "B", rows: ["first A@0", "rebuild A>B@11>0"], isAgain: false),
        Contested(before: "A", slow: "B", quick: "A", rows: ["first A@0"], isAgain: true),
        Contested(before: "A", slow: "-", quick: "B", rows: ["first A@0", "rebuild A>B@11>0"], isAgain: true),
        Contested(before: "A", slow: "-", quick: "-", rows: ["first A@0", "missing A>-@11>0"], isAgain: false),
        Contested(before: "A", slow: "A", quick: "-", rows: ["first A@0", "missing A>-@11>0"], isAgain: true),
        Contested(before: "", slow: "B", quick: "A", rows: ["first A@11"], isAgain: true),
        Contested(before: "", slow: "A", quick: "A", rows: ["first A@11"], isAgain: false),
        Contested(before: "", slow: "-", quick: "A", rows: ["first A@11"], isAgain: true),
    ])
    func twoChecksAtTheSameTimeThatDisagree(_ example: Contested) async throws {
        func answer(_ word: String) -> Checker.Answer { word == "-" ? .missing : .digest(word) }
        let slow = try await RecordingTwiceTests.checker()
        let store = slow.store
        defer { store.close() }
        let (lost, quick) = try await slow.lose(after: example.before, to: answer(example.quick))
        // Somebody waits for whichever of them counts.
        let request = try #require(try await store.requestCheck(of: reference("app:1"), at: hour(10)))
        let outcome = try await slow.record(lost, answer(example.slow), at: hour(12), startedAt: hour(10))
        #expect(outcome.isEmpty == example.isAgain)
        #expect(try await store.rows() == example.rows)
        let tag = try #require(try await store.newTag())
        #expect(tag.lastCheckedAt == hour(example.isAgain ? 11 : 12))
        #expect(try await (store.outcome(of: request, within: .zero) == nil) == example.isAgain)
        // Asked again, it is right.
        let claims = try await quick.claims(at: hour(12.5))
        #expect(claims.count == (example.isAgain ? 1 : 0))
        _ = try await quick.record(claims, .digest("Z"), at: hour(12.6), startedAt: hour(12.5))
        let isLonger = try await store.rows().count > example.rows.count
        #expect(isLonger == example.isAgain)
    }

    @Test func aFailureAtTheSameTimeAsASuccessIsNone() async throws {
        let slow = try await RecordingTwiceTests.checker()
        let store = slow.store
        defer { store.close() }
        try await slow.live("A")
        let lost = try await slow.claims(at: hour(10), lease: 60)
        let quick = try await Checker(store)
        try await store.freeLostClaims(at: hour(11))
        _ = try await quick.record(try await quick.claims(at: hour(11)), .digest("A"), at: hour(11))
        _ = try await slow.record(lost, .failed("no"), at: hour(12), startedAt: hour(10))
        let tag = try #require(try await store.newTag())
        #expect(tag.state == .active)
        #expect(tag.lastError == nil)
    }

    /// Batches of which some tags are what they were and some are not, over the same tags: they wait for each other in
    /// turn, never crosswise.
    @Test func batchesThatOverlapNeverDeadlock() async throws {
        let checker = try await RecordingTwiceTests.checker(tags: (0..<60).map { "app:\($0)" })
        let store = checker.store
        defer { store.close() }
        try await checker.live("A")
        let claims = try await checker.claims(at: hour(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    let checker = try await Checker(store)
                    for round in 0..<10 {
                        let time = hour(1 + Double(round) + Double(worker) / 10)
                        let results = try claims.shuffled().prefix(40).map {
                            try checker.result($0, .digest(Bool.random() ? "A" : "B"), at: time)
                        }
                        _ = try await store.record(results, worker: checker.worker, policy: Checker.policy)
                    }
                }
            }
            try await group.waitForAll()
        }
        let deadlocks = try await LostWorkerTests.eventually {
            // What a session has counted is told when it is idle.
            try await store.values("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") != [0]
        }
        #expect(!deadlocks)
    }
}
