import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// What would leave a tag unseen for long, or all of them looked at alike.
@Suite(.throttled) struct LaneTruthTests {
    typealias Lane = ScheduleStoreTests.Lane

    /// One batch may bring both.
    @Test func aFirstSightingBesideASiblingsChangeIsRecorded() async throws {
        let lane = try await Lane(tags: 2)
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.store.track([try reference("app:new")], origin: .visitor, at: hour(47))
        let claims = try await lane.claims(at: 48)
        #expect(claims.count == 3)
        try await lane.record(claims, at: 48) { $0 == "new" ? "A" : "B" }
        #expect(try await lane.store.tag(try reference("app:new"))?.state == .active)
        #expect(try await lane.schedule(of: "0").changes == 1)
    }

    /// Days without a worker: each check is overdue by as long as that while none comes. Afterwards the queue is behind, but
    /// nobody waits for what was just checked.
    @Test func overdueIsWhatWaitsAndNotWhatTheQueueLost() async throws {
        let lane = try await Lane(tags: 3)
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.record(try await lane.claims(at: 2), at: 2) { _ in "A" }
        func status(at time: Double) async throws -> LaneStatus {
            try #require(try await lane.store.status(at: hour(time)).lanes.first)
        }
        var now = try await status(at: 2)
        #expect(now.due == 0 && now.oldestDueAt == nil)
        now = try await status(at: 264)
        let dueAt = try #require(now.oldestDueAt)
        let waited = hour(264).seconds(since: dueAt) / 3_600
        #expect(now.due == 3 && waited > 240 && waited < 262, "\(waited)")
        // Added while nobody checks: no older than it is.
        try await lane.store.track([try reference("app:new")], origin: .operator, at: hour(263))
        now = try await status(at: 264)
        let oldest = try #require(now.oldestDueAt)
        #expect(now.due == 4 && hour(264).seconds(since: oldest) / 3_600 == waited)
        // A worker comes back.
        try await lane.record(try await lane.claims(at: 264), at: 264) { _ in "B" }
        // At once, because a new tag may be due again at any time from now on.
        now = try await status(at: 264)
        #expect(now.due == 0 && now.oldestDueAt == nil)
        let tag = try #require(try await lane.store.tag(try reference("app:0")))
        let next = try #require(tag.nextCheckAt)
        #expect(next > hour(264))
        let schedule = try #require(now.schedule)
        #expect(schedule.lagSeconds > 200 * 3_600)
    }

    /// Tags whose history the schedule reads anew count from the lane's clock, each by itself.
    @Test func anIdleTagPutsNoneOff() async throws {
        let lane = try await Lane(tags: 2)
        defer { lane.store.close() }
        try await lane.record(try await lane.claims(at: 0), at: 0) { _ in "A" }
        try await lane.store.importAll((1...20).map { "D\($0)@\(-24 * $0)" }.joined(separator: " "), of: "app:0")
        try await lane.store.importAll("D1@-48000 D2@-47999", of: "app:1")
        let claims = try await lane.claims(at: 5)
        #expect(claims.count == 2)
        try await lane.record(claims, at: 5) { _ in "A" }
        let state = try #require(try await lane.store.lanes(at: hour(5)).first?.schedule)
        #expect(try await lane.row("0").nextCheckAt <= state.clock.advanced(bySeconds: 600))
        #expect(try await lane.row("1").nextCheckAt <= state.clock.advanced(bySeconds: state.ceilingDays * 86_400))
    }

    /// Whoever is asked because a listing's answer was doubtful is not in the lane's order.
    @Test func doubtfulAnswersPutNoSweepOff() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.list(answered: 10, at: 0)
        for change in 1...5 {
            let time = Double(change)
            let doubtful = try await lane.store.listedTags([try reference("app:3")]).map(\.claim)
            try await lane.record(doubtful, at: time) { _ in "D\(change)" }
        }
        let state = try #require(try await lane.store.lanes(at: hour(5)).first?.schedule)
        let schedule = try await lane.schedule(of: "3")
        #expect(schedule.reason == .sweep && schedule.changes == 5)
        #expect(schedule.nextCheckAt <= state.clock.advanced(bySeconds: 8 * 86_400))
    }

    /// Listings and tags stand in one queue: a listing does not carry the clock past tags that wait.
    @Test func aListingDoesNotOvertakeTagsThatWait() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.list(answered: 10, at: 0)
        try await lane.store.track((0..<5).map { try reference("other:\($0)") }, origin: .operator, at: hour(0.1))
        let state = try #require(try await lane.store.lanes(at: hour(0.5)).first)
        let window = ClaimWindow(lane.policy, lane: state.schedule, at: hour(0.5))
        func listing() async throws -> ListingClaim? {
            try await lane.store.claimDueListing(
                registryID: state.registryID, worker: lane.session, lease: 600, window: window)
        }
        #expect(try await listing() == nil)
        #expect(try await lane.store.lanes(at: hour(0.5)).first?.schedule?.clock == state.schedule?.clock)
        let claims = try await lane.claims(at: 0.5)
        // A sweep may fall into the same half hour.
        #expect(claims.count { $0.reference.repository.path == "other" } == 5)
        // Who has to wait for those would stand still while they are asked.
        let claim = try #require(try await listing())
        #expect(claim.repository.path == "app")
    }

    @Test func aFixedIntervalHoldsForWhatTheAdaptiveScheduleHadPutOff() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        try await lane.list(answered: 10, at: 0)
        let lanes = try await lane.store.lanes(at: hour(1))
        try await lane.store.steer(
            lanes.map { LaneBudget(registryID: $0.registryID, requestsPerSecond: 10) }, policy: .fixed(interval: 3_600),
            at: hour(1))
        for tag in 0..<10 { #expect(try await lane.row("\(tag)").nextCheckAt <= hour(2.5)) }
    }

    /// A worker that ends in the midst of a repository's first listing leaves no tag to a listing that never comes.
    @Test func aFirstListingThatWasLeftIsReadByAnother() async throws {
        let lane = try await Lane()
        defer { lane.store.close() }
        let repository = try reference("app:0").repository
        guard
            case .granted = try await lane.store.beginListing(
                repository, worker: lane.session, lease: 600, at: hour(0))
        else { return #expect(Bool(false), "the repository is not free") }
        let tags = try await lane.store.listedTags((0..<10).map { try reference("app:\($0)") }).map(\.claim)
        try await lane.record(tags, at: 0, way: .listing(previous: nil)) { _ in "A" }
        await lane.session.end()
        let second = try await lane.store.beginWorker(name: "second", at: hour(1))
        let state = try #require(try await lane.store.lanes(at: hour(1)).first)
        let claim = try await lane.store.claimDueListing(
            registryID: state.registryID, worker: second, lease: 600,
            window: ClaimWindow(lane.policy, lane: state.schedule, at: hour(1)))
        #expect(claim?.repository == repository)
        await second.end()
    }

    /// Where intervals are far too short for the budget, every tag would stand at the shortest one, hot and idle alike.
    @Test func spacingFollowsTheNumberOfTags() async throws {
        let lane = try await Lane(tags: 3_000)
        defer { lane.store.close() }
        for step in 1...24 { try await lane.steer(at: Double(step) / 6) }
        let state = try #require(try await lane.store.lanes(at: hour(4)).first?.schedule)
        let right = LaneSchedule(requestsPerDay: 240, tags: 3_000, at: hour(0)).spacing
        #expect(state.spacing > right / 3 && state.spacing < right)
    }
}

extension ScheduleStoreTests.Lane {
    /// Reads the listing of `app`, to its end.
    func list(answered: Int, at time: Double) async throws {
        let repository = try reference("app:0").repository
        guard
            case .granted(let claim) = try await store.beginListing(
                repository, worker: session, lease: 600, at: hour(time))
        else { return #expect(Bool(false), "the repository is not free") }
        let tags = try await store.listedTags((0..<answered).map { try reference("app:\($0)") }).map(\.claim)
        try await record(tags, at: time, way: .listing(previous: claim.previous)) { _ in "A" }
        try await store.endListing(
            claim, .read(requests: 1, answered: answered, found: 0, isWhole: true), policy: policy, worker: session,
            startedAt: hour(time), at: hour(time))
    }
}
