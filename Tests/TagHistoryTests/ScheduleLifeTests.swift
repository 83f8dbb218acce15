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
    /// Hours without any check.
    var longestPause = 0.0
    var pause = 0.0
    var requestsPerDay: Double

    /// Tags of a repository stand ten by ten.
    init(tags count: Int, periodDays: Double, random: inout SeededGenerator) {
        requestsPerDay = Double(count) / periodDays
        state = LaneSchedule(requestsPerDay: requestsPerDay, tags: count, at: start)
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
        pause = claims.isEmpty ? pause + hours : 0
        longestPause = max(longestPause, pause)
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
        for (leader, credits) in batch.credits where tags.indices.contains(Int(leader)) {
            tags[Int(leader)].credit(credits)
        }
        repositories = batch.repositories
        CheckPolicy.adaptive.steer(
            &state, tags: tags.count, requestsPerSecond: requestsPerDay / 86_400,
            wanted: state.requestsPerDay(of: tags), at: now)
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
        lane.requestsPerDay *= 4
        lane.live(3_101...3_200, random: &random)
        lane.checks = 0
        lane.live(3_201...3_300, random: &random)
        #expect(lane.checks > 24 * 100)
        #expect(lane.checks <= 26 * 100)
    }

    @Test("A clock that has run ahead holds up no check where the budget becomes larger or the tags fewer")
    func ahead() {
        for tagsStay in [true, false] {
            var random = SeededGenerator(5)
            var lane = Lane(tags: 300, periodDays: 4, random: &random)
            lane.live(1...130, random: &random)
            // All that the clock may gain while little is to do.
            let gain = lane.state.claimable(at: day(130.0 / 24)).seconds(since: lane.state.clock)
            lane.state.clock = lane.state.clock.advanced(bySeconds: gain)
            for tag in lane.tags.indices {
                lane.tags[tag].nextCheckAt = lane.tags[tag].nextCheckAt.advanced(bySeconds: gain)
            }
            if tagsStay { lane.requestsPerDay *= 20 } else { lane.tags.removeLast(150) }
            lane.longestPause = 0
            lane.live(131...200, random: &random)
            #expect(lane.longestPause <= 12)
            lane.live(201...1_000, random: &random)
            let before = lane.checks
            lane.live(1_001...2_000, random: &random)
            #expect(abs(lane.state.lag(at: day(2_000.0 / 24))) < 43_200)
            #expect(Double(lane.checks - before) > 0.9 * 1_000 / 24 * lane.state.requestsPerDay)
        }
    }
}
