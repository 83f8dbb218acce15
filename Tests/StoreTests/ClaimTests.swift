import LibPQ
import OCI
import Store
import TestSupport
import Testing

@Suite(.throttled) struct ClaimTests {
    static let registries = ["one.test", "two.test", "three.test"]

    static func store(tags: Int) async throws -> TagStore {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        try await store.track(
            (0..<tags).map { try reference("\(registries[$0 % 3])/app:\($0)") }, origin: .starter, at: hour(0))
        return store
    }

    @Test func workersNeverShareATag() async throws {
        let store = try await Self.store(tags: 1_500)
        defer { store.close() }
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let checker = try await Checker(store)
                    var all: [Claim] = []
                    while true {
                        let part = try await checker.claims(at: hour(0), limit: 37)
                        if part.isEmpty { return all }
                        all += part
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 1_500)
        #expect(Set(claims.map(\.tagID)).count == 1_500)
    }

    @Test func aTagIsCheckedOnceInAnInterval() async throws {
        let store = try await Self.store(tags: 900)
        defer { store.close() }
        let checked = try await withThrowingTaskGroup(of: [Int32].self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let checker = try await Checker(store)
                    var all: [Int32] = []
                    // Empty-handed looks do not end it: another worker may be about to give claims back.
                    for round in 0..<60 {
                        let claims = try await checker.claims(at: hour(0.5), limit: 20 + worker)
                        if round % 7 == 3 {
                            try await store.release(claims, worker: checker.worker)
                            continue
                        }
                        _ = try await checker.record(claims, .digest("A"), at: hour(0.5))
                        all += claims.map(\.tagID)
                    }
                    return all
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(checked.count == 900)
        #expect(Set(checked).count == 900)
        #expect(try await store.values("SELECT count(*) FROM changes") == [900])
        #expect(try await store.values("SELECT count(*) FROM claims") == [0])
        #expect(try await store.status(at: hour(1)).days.map(\.changed) == [900])
    }

    @Test func thoseWaitingLongestComeFirst() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        for index in [3, 1, 4, 2, 0] {
            try await store.track([reference("app:\(index)")], origin: .starter, at: hour(Double(index)))
        }
        let checker = try await Checker(store)
        let lane = try #require(try await store.lanes(at: hour(0)).first)
        #expect(lane.nextAt == hour(0))
        #expect(try await checker.claims(at: hour(3), limit: 2).map(\.reference.tag.name) == ["0", "1"])
        #expect(try await checker.claims(at: hour(3)).map(\.reference.tag.name) == ["2", "3"])
        #expect(try await checker.claims(at: hour(3)).isEmpty)
    }

    @Test func aClaimRunsOutWithItsLease() async throws {
        let store = try await Self.store(tags: 1)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        #expect(try await first.claims(at: hour(0), lease: 60).count == 1)
        try await store.freeLostClaims(at: hour(0).advanced(bySeconds: 59))
        #expect(try await second.claims(at: hour(0)).isEmpty)
        try await store.freeLostClaims(at: hour(0).advanced(bySeconds: 61))
        #expect(try await second.claims(at: hour(0)).count == 1)
    }

    @Test func onlyItsOwnClaimsAreReleased() async throws {
        let store = try await Self.store(tags: 2)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        let claims = try await first.claims(at: hour(0))
        try await store.release(claims, worker: second.worker)
        #expect(try await second.claims(at: hour(0)).isEmpty)
        try await store.release(claims, worker: first.worker)
        #expect(try await second.claims(at: hour(0)).count == 2)
    }

    @Test func aTagLeavesItsBatchWithItsCheck() async throws {
        let store = try await Self.store(tags: 9)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        let claims = try await first.claims(at: hour(0))
        _ = try await first.record(Array(claims[2..<4]), .digest("A"), at: hour(0))
        #expect(Set(try await second.claims(at: hour(2)).map(\.tagID)) == Set(claims[2..<4].map(\.tagID)))
        // All others at once, of the same rows.
        let left = claims[..<2] + claims[4...]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for claim in left { group.addTask { try await store.release([claim], worker: first.worker) } }
            try await group.waitForAll()
        }
        #expect(Set(try await second.claims(at: hour(2)).map(\.tagID)) == Set(left.map(\.tagID)))
        await second.worker.end()
        #expect(try await store.values("SELECT count(*) FROM claims") == [0])
    }

    @Test func aListingsAnswerGivesBackWhatWasClaimed() async throws {
        let store = try await Self.store(tags: 9)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        _ = try await first.record(try await first.claims(at: hour(0)), .digest("A"), at: hour(0))
        #expect(try await first.claims(at: hour(2)).count == 9)
        let names = try (0..<4).map { try reference("\(Self.registries[$0 % 3])/app:\($0)") }
        let listed = try await store.listedTags(names).map(\.claim)
        #expect(try await first.record(listed, .digest("A"), at: hour(2)) == [.unchanged: 4])
        #expect(Set(try await second.claims(at: hour(4)).map(\.reference)) == Set(names))
    }

    /// Who lost a claim puts nothing off.
    @Test func onlyWhatIsStillClaimedIsPostponed() async throws {
        let store = try await Self.store(tags: 2)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        let claims = try await first.claims(at: hour(0))
        func postpone(by checker: Checker) async throws {
            try await store.postpone(
                claims.map { PostponedCheck(claim: $0, pause: 3_600, reason: "x") }, worker: checker.worker, at: hour(0)
            )
        }
        try await postpone(by: second)
        #expect(try await second.claims(at: hour(0)).isEmpty)
        try await store.release(claims, worker: first.worker)
        try await postpone(by: first)
        let again = try await first.claims(at: hour(0))
        #expect(again.count == 2)
        try await store.postpone(
            again.map { PostponedCheck(claim: $0, pause: 3_600, reason: "x") }, worker: first.worker, at: hour(0))
        #expect(try await first.claims(at: hour(0)).isEmpty)
        #expect(try await first.claims(at: hour(2)).count == 2)
    }

    /// Rows are found where the claim saw them, and where they went since.
    @Test(arguments: ["UPDATE tag_checks SET credits = credits", "VACUUM FULL tag_checks"])
    func checksOfRowsThatMoved(by: String) async throws {
        let store = try await Self.store(tags: 30)
        defer { store.close() }
        let checker = try await Checker(store)
        _ = try await checker.record(try await checker.claims(at: hour(0)), .digest("A"), at: hour(0))
        let claims = try await checker.claims(at: hour(2))
        try await store.pool.withConnection {
            // Rows of others come where these were.
            try await $0.runScript("UPDATE tag_checks SET credits = credits WHERE tag_id % 2 = 0")
            try await $0.runScript(by)
        }
        #expect(try await checker.record(claims, .digest("A"), at: hour(2)) == [.unchanged: 30])
        #expect(try await store.values("SELECT count(DISTINCT last_checked_at) FROM tag_checks") == [1])
        #expect(try await store.values("SELECT count(*) FROM changes") == [30])
    }

    @Test func whatIsAskedForIsNotClaimedFromTheQueueAtTheSameTime() async throws {
        let store = try await Self.store(tags: 300)
        defer { store.close() }
        for index in 0..<300 {
            let name = "\(Self.registries[index % 3])/app:\(index)"
            #expect(try await store.requestCheck(of: reference(name), at: hour(0)) != nil)
        }
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let checker = try await Checker(store)
                    var all: [Claim] = []
                    while true {
                        let part =
                            worker < 2
                            ? try await checker.claims(at: hour(0), limit: 7)
                            : try await store.claimRequested(
                                worker: checker.worker, limit: 11, lease: 300, at: hour(0))
                        if part.isEmpty { return all }
                        all += part
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 300)
        #expect(Set(claims.map(\.tagID)).count == 300)
    }

    @Test func anEndedWorkerGivesEverythingBack() async throws {
        let store = try await Self.store(tags: 3)
        defer { store.close() }
        let (first, second) = (try await Checker(store), try await Checker(store))
        _ = try await first.claims(at: hour(0))
        #expect(try await store.workers().map(\.id) == [first.worker.id, second.worker.id])
        await first.worker.end()
        #expect(!first.worker.isAlive)
        #expect(try await store.workers().map(\.id) == [second.worker.id])
        #expect(try await second.claims(at: hour(0)).count == 3)
    }
}
