import Foundation
import OCI
import Testing

@testable import TagHistory

@Suite("A lane's clock and spacing")
struct LaneScheduleTests {
    @Test(
        "The ceiling: four periods, between a week and sixty days",
        arguments: [(1_000, 1_000.0, 7.0), (1_000, 100, 40), (1_000, 1, 60), (0, 100, 7)])
    func ceiling(tags: Int, perDay: Double, days: Double) {
        #expect(LaneSchedule(requestsPerDay: perDay, tags: tags, at: start).ceilingDays == days)
    }

    @Test("Intervals are c/√λ between five minutes and the ceiling")
    func intervals() {
        var lane = LaneSchedule(requestsPerDay: 1_000, tags: 1_000, at: start)
        lane.spacing = 0.1
        #expect(isClose(lane.interval(pull: 0.04), 0.5))
        #expect(lane.interval(pull: 1e9) == 300.0 / 86_400)
        #expect(lane.interval(pull: 1e-9) == 7)
    }

    @Test("A budget that is none is a request a day", arguments: [0, -1, Double.nan, .infinity])
    func budget(perDay: Double) {
        #expect(LaneSchedule(requestsPerDay: perDay, tags: 1, at: start).requestsPerDay == 1)
    }

    @Test("The clock never goes back, and next checks count from it")
    func clock() {
        var repository = RepositorySchedule()
        var lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: start)
        var tag = TagSchedule(firstSeenAt: start, in: repository, lane: lane, chance: 0.5)
        #expect(isClose(tag.nextCheckAt.days(since: start), lane.interval(pull: Life.newTag.rate) / 2))
        lane.advanceClock(to: day(2))
        lane.advanceClock(to: day(1))
        #expect(lane.clock == day(2))
        #expect(lane.lag(at: day(3)) == 86_400)
        tag.note(changed: false, id: 1, repository: &repository, lane: lane, at: day(3))
        #expect(tag.lastCheckAt == day(3))
        #expect(
            isClose(tag.nextCheckAt.days(since: day(2)), lane.interval(pull: tag.pull)))
        #expect(lane.retry(after: 120, at: day(3)) == day(2).advanced(bySeconds: 120))
    }

    @Test("c grows where the clock is too slow, shrinks where it is too fast, and rests while nobody works")
    func steering() {
        let lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: start)
        func factor(clock: Double) -> Double {
            var lane = lane
            let before = lane.spacing
            lane.advanceClock(to: day(clock))
            lane.steer(at: day(0.25))
            return lane.spacing / before
        }
        #expect(factor(clock: 0) == 1)
        #expect(factor(clock: 0.125) > 1)
        #expect(abs(factor(clock: 0.25) - 1) < 1e-9)
        #expect(factor(clock: 0.5) < 1)
        // As far ahead as it may: the budget is not spent.
        #expect(isClose(factor(clock: 0.75), 0.7))
        var early = lane
        early.advanceClock(to: day(0.5))
        early.steer(at: day(0.2))
        #expect(
            early
                == {
                    var lane = lane; lane.advanceClock(to: day(0.5)); return lane
                }())
    }

    @Test("Where a period became shorter at once, the clock goes with time from where it stands")
    func aheadOfAShorterPeriod() {
        var lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: start)
        lane.advanceClock(to: day(0.5))
        let spacing = lane.spacing
        let policy = CheckPolicy.adaptive
        // Ten minutes after it was last steered, and a hundred times the budget.
        policy.steer(&lane, tags: 100, requestsPerSecond: 10_000 / 86_400, wanted: 50, at: day(0.007))
        #expect(lane.spacing == spacing)
        #expect(lane.claimable(at: day(0.007)) == day(0.5))
        #expect(abs(lane.claimable(at: day(0.107)).days(since: day(0.6))) < 1e-9)
        lane.advanceClock(to: lane.claimable(at: day(0.257)))
        policy.steer(&lane, tags: 100, requestsPerSecond: 10_000 / 86_400, wanted: 50, at: day(0.257))
        #expect(isClose(lane.spacing, spacing * 0.7))
        // A clock that falls back by itself needs no shorter intervals.
        lane.advanceClock(to: day(0.85))
        policy.steer(&lane, tags: 100, requestsPerSecond: 10_000 / 86_400, wanted: 50, at: day(0.507))
        #expect(lane.spacing > spacing * 0.68)
    }

    @Test("Intervals that take more than twice the budget are lengthened by at most two fifths a time")
    func relief() {
        var lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: start)
        let spacing = lane.spacing
        func after(_ wanted: Double?, _ policy: CheckPolicy = .adaptive) -> Double {
            var lane = lane
            policy.steer(&lane, tags: 100, requestsPerSecond: 100 / 86_400, wanted: wanted, at: start)
            return lane.spacing / spacing
        }
        #expect(after(nil) == 1)
        #expect(after(200) == 1)
        #expect(isClose(after(220), 1.1))
        #expect(isClose(after(10_000), 1.4))
        #expect(after(10_000, .fixed(interval: 60)) == 1)
        // A fixed interval's clock is time.
        lane.advanceClock(to: day(1))
        CheckPolicy.fixed(interval: 60).steer(&lane, tags: 7, requestsPerSecond: 0, wanted: nil, at: start)
        #expect(lane.clock == start && lane.tags == 7)
        // Its budget is what it takes, at most what there is.
        #expect(isClose(lane.requestsPerDay, 7 * 1_440))
        CheckPolicy.fixed(interval: 60).steer(&lane, tags: 7, requestsPerSecond: 0.1, wanted: nil, at: start)
        #expect(isClose(lane.requestsPerDay, 8_640))
        func delay(_ policy: CheckPolicy, tags: Int, _ requests: Double) -> Double? {
            policy.meanDelay(adaptive: 7, tags: tags, requestsPerSecond: requests)
        }
        #expect(delay(.fixed(interval: 60), tags: 7, 10) == 30 && delay(.fixed(interval: 60), tags: 7, 0) == 30)
        #expect(delay(.fixed(interval: 60), tags: 10_000, 10) == 500)
        #expect(delay(.adaptive, tags: 10_000, 10) == 7)
    }

    @Test("What tags take is the sum of their checks a day, but for those that listings answer for")
    func wanted() {
        let lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: start)
        var tag = TagSchedule(firstSeenAt: start, in: RepositorySchedule(), lane: lane, chance: 1)
        #expect(isClose(lane.requestsPerDay(of: [tag, tag]), 2))
        tag.credit(3)
        #expect(isClose(lane.requestsPerDay(of: [tag]), 2))
        tag.reason = .sweep
        #expect(lane.requestsPerDay(of: [tag]) == 0)
    }

    @Test("A listing's interval follows its repository's changes")
    func listings() {
        var lane = LaneSchedule(requestsPerDay: 1_000, tags: 1_000, at: start)
        lane.spacing = 0.05
        var repository = RepositorySchedule()
        var idle = ListingSchedule(firstReadAt: start, lane: lane)
        idle.note(found: 0, spent: 1, isBurst: false, repository: repository, lane: lane, at: day(1))
        #expect(repository.burst == 0)
        var busy = ListingSchedule(firstReadAt: start, lane: lane)
        busy.note(
            found: 30, spent: 1, isBurst: repository.noteChange(at: day(1), leader: nil), repository: repository,
            lane: lane, at: day(1))
        #expect(repository.burst == 1 && repository.leader == nil)
        #expect(busy.nextListingAt < idle.nextListingAt)
        // Half as much counts after sixty days, and a listing that takes more requests is read less often.
        var later = busy
        later.note(found: 0, spent: 1, isBurst: false, repository: repository, lane: lane, at: day(61))
        #expect(isClose(Double(later.changes), Double(busy.changes / 2)))
        var long = busy
        long.note(found: 0, spent: 20, isBurst: false, repository: repository, lane: lane, at: day(61))
        #expect(long.nextListingAt > later.nextListingAt)
        for _ in 0..<5_000 {
            later.note(found: 0, spent: 1, isBurst: false, repository: repository, lane: lane, at: day(90_000))
        }
        #expect(later.nextListingAt.days(since: lane.clock) <= 1)
    }
}
