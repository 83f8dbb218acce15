import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// Days of a lane's life over injected time, by the real store: fifty tags of five repositories, one of which is listed.
@Suite(.throttled) struct LaneLifeTests {
    /// Requests an hour: a visit to every tag in two hours.
    static let budget = 25.0
    static let step = 0.25

    final class Life {
        let store: TagStore
        var session: WorkerSession
        let policy: CheckPolicy = .adaptive
        var tokens = 0.0
        var requests = 0
        /// Hours, by reference.
        var asked: [TagReference: Double] = [:]
        var longestGap: [TagReference: Double] = [:]
        /// When what a tag bears now was pushed, until a check sees it.
        var unseen: [TagReference: Double] = [:]
        var bears: [TagReference: String] = [:]
        var delays: [Double] = []

        init() async throws {
            store = try await TestDatabase.migratedStore()
            let references = try (0..<50).map { try reference("r\($0 / 10):\($0 % 10)") }
            for reference in references { bears[reference] = "A" }
            try await store.track(references, origin: .operator, at: hour(0))
            session = try await store.beginWorker(name: "worker", at: hour(0))
        }

        /// Two repositories are built anew every day, one every three days, two never.
        func push(at time: Double) {
            for (repository, every) in [("r0", 24.0), ("r1", 24), ("r2", 72)]
            where time.truncatingRemainder(dividingBy: every) == (repository == "r1" ? 7 : 11) {
                for reference in bears.keys where reference.repository.path.hasSuffix(repository) {
                    bears[reference] = "D\(time)"
                    unseen[reference] = unseen[reference] ?? time
                }
            }
        }

        func lane(at time: Double) async throws -> Store.Lane {
            try #require(try await store.lanes(at: hour(time)).first)
        }

        func note(_ reference: TagReference, at time: Double) {
            longestGap[reference] = max(longestGap[reference] ?? 0, time - (asked[reference] ?? 0))
            asked[reference] = time
            if let pushed = unseen.removeValue(forKey: reference) { delays.append(time - pushed) }
        }

        func record(_ claims: [Claim], at time: Double, way: ScheduledCheck.Way) async throws {
            let results = try claims.map { claim in
                note(claim.reference, at: time)
                return CheckResult(
                    claim: claim,
                    answer: .found(
                        try digest(bears[claim.reference] ?? "A"), mediaType: nil, pushedAt: nil),
                    startedAt: hour(time), checkedAt: hour(time), way: way)
            }
            _ = try await store.record(results, worker: session, policy: policy)
        }

        func list(_ claim: ListingClaim, at time: Double) async throws {
            tokens -= 1
            requests += 1
            let tags = try await store.listedTags(
                bears.keys.filter { $0.repository == claim.repository }.sorted()
            ).map(\.claim)
            let found = tags.count { unseen[$0.reference] != nil }
            try await record(tags, at: time, way: .listing(previous: claim.previous))
            try await store.endListing(
                claim, .read(requests: 1, answered: tags.count, found: found, isWhole: true), policy: policy,
                worker: session, startedAt: hour(time), at: hour(time))
        }

        func work(at time: Double) async throws {
            tokens = min(LaneLifeTests.budget, tokens + LaneLifeTests.budget * LaneLifeTests.step)
            try await store.freeLostClaims(at: hour(time))
            let id = try await lane(at: time).registryID
            try await store.steer(
                [LaneBudget(registryID: id, requestsPerSecond: LaneLifeTests.budget / 3_600)], policy: policy,
                at: hour(time))
            if time == 0 {
                let repository = try reference("r0:0").repository
                guard
                    case .granted(let claim) = try await store.beginListing(
                        repository, worker: session, lease: 600, at: hour(0))
                else { return }
                try await list(claim, at: time)
            }
            while tokens >= 1 {
                let window = ClaimWindow(policy, lane: try await lane(at: time).schedule, at: hour(time))
                let listing = try await store.claimDueListing(
                    registryID: id, worker: session, lease: 600, window: window)
                if let listing { try await list(listing, at: time) }
                let claims = try await store.claimDue(
                    registryID: id, worker: session, limit: max(1, min(4, Int(tokens))), lease: 300, window: window)
                tokens -= Double(claims.count)
                requests += claims.count
                try await record(claims, at: time, way: .turn)
                if listing == nil, claims.isEmpty { break }
            }
        }

        /// Ends in the midst of its work; another session goes on.
        func die(at time: Double) async throws {
            let lane = try await lane(at: time)
            _ = try await store.claimDue(
                registryID: lane.registryID, worker: session, limit: 10, lease: 300,
                window: ClaimWindow(policy, lane: lane.schedule, at: hour(time)))
            session.connection.close()
            session = try await store.beginWorker(name: "next", at: hour(time))
        }
    }

    @Test func everyTagIsCheckedInItsTimeAndTheBudgetIsKept() async throws {
        let life = try await Life()
        defer { life.store.close() }
        var time = 0.0
        while time < 24 * 8 {
            life.push(at: time)
            // Half a day without any worker.
            if !(100..<112).contains(time) { try await life.work(at: time) }
            if time == 60 || time == 112 { try await life.die(at: time) }
            time += Self.step
        }
        let worked = 24 * 8.0 - 12
        #expect(Double(life.requests) <= Self.budget * (worked + 1))
        #expect(Double(life.requests) >= Self.budget * (worked - 6))
        #expect(life.longestGap.count == 50)
        // Beside the twelve hours without a worker: with the same requests in turn each waits two hours.
        #expect(life.longestGap.values.allSatisfy { $0 < 12 + 8 })
        #expect(life.delays.count > 150)
        #expect(life.delays.reduce(0, +) / Double(life.delays.count) < 1.5)
        #expect(life.unseen.values.allSatisfy { time - $0 < 14 })
    }
}
