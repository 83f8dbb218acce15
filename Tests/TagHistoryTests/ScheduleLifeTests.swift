import OCI
import Testing

@testable import TagHistory

/// A lane as a worker leads it: claims in the order of `nextCheckAt`, batches through `ScheduleBatch`.
private struct Lane {
    var state: LaneSchedule
    var repositories: [Int32: RepositorySchedule] = [:]
    var tags: [TagSchedule] = []
    var changed: Set<Int> = []
    var earned = 0.0
    var longestGapDays = 0.0
    var checks = 0

    /// Tags of a repository stand ten by ten.
    init(tags count: Int, periodDays: Double, random: inout SeededGenerator) {
        state = LaneSchedule(requestsPerDay: Double(count) / periodDays, tags: count, at: start)
        for _ in 0..<count {
            tags.append(
                TagSchedule(
                    firstSeenAt: start, in: RepositorySchedule(), lane: state,
                    chance: .random(in: 0..<1, using: &random)))
        }
    }

    mutating func work(at now: Timestamp, hours: Double) {
        // An hour is kept at most.
        earned = min(earned, state.requestsPerDay / 24) + state.requestsPerDay / 24 * hours
        let claims = tags.indices.sorted { tags[$0].nextCheckAt < tags[$1].nextCheckAt }.prefix(Int(earned)).filter {
            tags[$0].nextCheckAt <= state.claimable(at: now)
                && LaneSchedule.mayCheckAgain(lastCheckAt: tags[$0].lastCheckAt, at: now)
        }
        earned -= Double(claims.count)
        checks += claims.count
        for tag in claims {
            longestGapDays = max(longestGapDays, now.days(since: tags[tag].lastCheckAt))
            state.advanceClock(to: tags[tag].nextCheckAt)
        }
        var batch = ScheduleBatch(lane: state, repositories: repositories)
        let results = batch.record(
            claims.map {
                ScheduledCheck(
                    tagID: Int32($0), repositoryID: Int32($0 / 10), schedule: tags[$0],
                    changed: changed.remove($0) != nil, checkedAt: now)
            })
        for result in results { tags[Int(result.tagID)] = result.schedule }
        for repository in batch.bursting {
            let siblings = (Int(repository) * 10..<Int(repository) * 10 + 10).map {
                (tagID: Int32($0), schedule: tags[$0])
            }
            for moved in batch.boost(siblings, of: repository) { tags[Int(moved.tagID)] = moved.schedule }
        }
        for (leader, credits) in batch.credits { tags[Int(leader)].credit(credits) }
        repositories = batch.repositories
        state.steer(at: now)
    }
}

extension Lane {
    /// Works every hour; now and then half the tags of a repository change.
    fileprivate mutating func live(_ hours: ClosedRange<Int>, random: inout SeededGenerator) {
        for hour in hours {
            if hour.isMultiple(of: 20) {
                let repository = Int.random(in: 0..<25, using: &random)
                for tag in 0..<10 where Bool.random(using: &random) { changed.insert(repository * 10 + tag) }
            }
            work(at: day(Double(hour) / 24), hours: 1)
        }
    }
}

@Suite("The schedule over a long time")
struct ScheduleLifeTests {
    @Test("Every tag is checked within the ceiling, within the budget, and the clock keeps time", arguments: [1, 2, 3])
    func long(seed: Int) {
        var random = SeededGenerator(seed)
        var lane = Lane(tags: 300, periodDays: 2, random: &random)
        lane.live(1...6_000, random: &random)
        #expect(lane.longestGapDays <= lane.state.ceilingDays + lane.state.periodDays / 2)
        #expect(lane.checks <= 300 / 2 * 250)
        #expect(lane.checks > 300 / 2 * 245)
        #expect(abs(lane.state.lag(at: day(250))) < 2 * 86_400)
    }

    @Test("After days without a worker, or with another budget, the order stays and the clock follows")
    func pause() {
        var random = SeededGenerator(4)
        var lane = Lane(tags: 300, periodDays: 2, random: &random)
        lane.live(1...2_400, random: &random)
        let before = lane.state.spacing
        lane.longestGapDays = 0
        lane.live(2_500...3_100, random: &random)
        #expect(lane.longestGapDays <= lane.state.ceilingDays + 100 / 24.0 + 1)
        #expect(lane.state.spacing / before < 1.5)
        #expect(before / lane.state.spacing < 1.5)
        lane.state.requestsPerDay *= 4
        lane.live(3_101...3_200, random: &random)
        lane.checks = 0
        lane.live(3_201...3_300, random: &random)
        #expect(lane.checks > 24 * 100)
        #expect(lane.checks <= 26 * 100)
    }
}
