import Foundation
import OCI
import Testing

@testable import TagHistory

@Suite("The adaptive schedule")
struct ScheduleTests {
    @Test(
        "A tag's rate, as STATISTICS.md tells it",
        arguments: [
            (0.0, 0.0, 0.0, 0.038, 0.0005), (5, 90, 100, 0.040, 0.0005), (5, 90, 365, 0.00003, 0.000005),
        ])
    func rate(events: Double, last: Double, age: Double, expected: Double, tolerance: Double) {
        #expect(abs(Life(events: events, lastEventDays: last, ageDays: age).rate - expected) < tolerance)
    }

    @Test("Idle tags fade and are never dropped")
    func fading() {
        var last = Double.infinity
        for age in [0.0, 1, 10, 100, 1_000, 10_000, 100_000] {
            let rate = Life(events: 0, lastEventDays: 0, ageDays: age).rate
            #expect(rate > 0 && rate < last)
            last = rate
        }
    }

    @Test("A change counts for those that a wide span hides, and lies in the middle of its span")
    func change() {
        var repository = RepositorySchedule()
        let lane = lane(tags: 10, perDay: 10)
        var tag = TagSchedule(firstSeenAt: day(0), in: repository, lane: lane, chance: 0)
        let rate = Double(tag.rate)
        let effect = tag.note(changed: true, id: 7, repository: &repository, lane: lane, at: day(20))
        #expect(effect == CheckEffect(beginsBurst: true, credited: nil))
        let expected = rate * 20
        #expect(isClose(Double(tag.events), Double(Float(expected / (1 - exp(-expected))))))
        #expect(tag.lastEventDays == 10)
        #expect(tag.changes == 1)
        #expect(tag.firstBurst == 0 && tag.lastBurst == 1)
        #expect(repository.burst == 1 && repository.burstStartedAt == day(20) && repository.leader == 7)
        #expect(tag.lastCheckAt == day(20))
        #expect(
            isClose(
                Double(tag.rate),
                Double(Float(Life(events: Double(tag.events), lastEventDays: 10, ageDays: 20).rate))))
        // At once after a check, nothing was hidden.
        var quick = tag
        quick.note(changed: true, id: 7, repository: &repository, lane: lane, at: day(20))
        #expect(quick.events == tag.events + 1)
    }

    @Test("A history that is only told counts like one that was seen")
    func history() throws {
        var repository = RepositorySchedule()
        let lane = lane(tags: 10, perDay: 10)
        var seen = TagSchedule(firstSeenAt: day(0), in: repository, lane: lane, chance: 0)
        for (time, changed) in [(5.0, false), (9, true), (12, true), (40, false)] {
            seen.note(changed: changed, id: 1, repository: &repository, lane: lane, at: day(time))
        }
        let rows = History.merge(adding: try observations("A@0 B@9>5 C@12>9")).rows
        let none = RepositorySchedule()
        let told = try #require(
            TagSchedule(history: rows, lastCheckAt: day(40), in: none, lane: lane, chance: 0.5))
        #expect(told.events == seen.events && told.lastEventDays == seen.lastEventDays)
        #expect(told.rate == seen.rate && told.changes == 2 && told.lastCheckAt == day(40))
        #expect(told.firstBurst == 0 && told.lastBurst == 0)
        #expect(TagSchedule(history: [], lastCheckAt: day(1), in: none, lane: lane, chance: 0) == nil)
    }

    @Test("Bursts begin after twelve quiet hours")
    func bursts() {
        var repository = RepositorySchedule()
        let hours = [0.0, 11, 22, 34, 34.1, 47]
        let begins = hours.map { repository.noteChange(at: day($0 / 24), leader: Int32($0)) }
        #expect(begins == [true, false, false, false, false, true])
        #expect(repository.burst == 2)
        #expect(repository.leader == 47)
    }

    @Test(
        "Joining: (0.3 + n)/(1.5 + m), halved for every four bursts missed",
        arguments: [
            // n, first burst, last burst, the current one
            (0, 0, 0, 1, 0.2), (0, 0, 0, 3, 0.3 / 3.5 * exp2(-0.5)), (1, 0, 1, 2, 1.3 / 2.5), (9, 0, 9, 10, 9.3 / 10.5),
            (9, 0, 9, 14, 9.3 / 14.5 * 0.5), (3, 5, 8, 9, 3.3 / 4.5), (5, 5, 6, 7, 1),
        ])
    func joining(changes: Int, first: Int, last: Int, current: Int, expected: Double) {
        var repository = RepositorySchedule()
        var tag = TagSchedule(firstSeenAt: day(0), in: repository, lane: lane(tags: 1, perDay: 1), chance: 0)
        tag.changes = Int16(changes)
        tag.firstBurst = Int16(first)
        tag.lastBurst = Int16(last)
        repository.burst = Int16(current)
        #expect(isClose(repository.joining(tag), expected))
    }

    @Test("A burst raises the rate of tags that have not changed in it, for twelve hours")
    func raise() throws {
        var repository = RepositorySchedule()
        let lane = lane(tags: 100, perDay: 100)
        let tag = TagSchedule(firstSeenAt: day(0), in: repository, lane: lane, chance: 0)
        #expect(repository.raise(for: tag, at: day(1)) == nil)
        _ = repository.noteChange(at: day(1), leader: nil)
        #expect(isClose(repository.raise(for: tag, at: day(1)), 0.2 * 12))
        #expect(isClose(repository.raise(for: tag, at: day(1 + 1 / 12.0)), 0.2 * 12 / M_E))
        #expect(repository.raise(for: tag, at: day(1.5)) == nil)
        var changed = tag
        changed.note(changed: true, id: 1, repository: &repository, lane: lane, at: day(1.1))
        #expect(repository.raise(for: changed, at: day(1.1)) == nil)
        #expect(changed.reason == .ordinary)
        var other = tag
        other.note(changed: false, id: 2, repository: &repository, lane: lane, at: day(1.1))
        #expect(other.reason == .raised)
        #expect(other.nextCheckAt < changed.nextCheckAt)
    }

    @Test(
        "What probably changed is asked soon, what certainly changed at once, what hardly did when it would be anyway")
    func boost() {
        var repository = RepositorySchedule()
        let lane = lane(tags: 1_000, perDay: 1_000)
        var tags = [0, 1, 3, 9].map { changes in
            var tag = TagSchedule(firstSeenAt: day(-90), in: repository, lane: lane, chance: 0)
            tag.changes = Int16(changes)
            tag.lastCheckAt = day(-1)
            tag.nextCheckAt = day(1)
            return tag
        }
        repository.burst = 9
        _ = repository.noteChange(at: day(0), leader: 1)
        for index in tags.indices { tags[index].lastBurst = index == 0 ? 0 : 9 }
        let moved = tags.indices.map { tags[$0].boost(in: repository, lane: lane) }
        #expect(moved == [false, true, true, true])
        #expect(tags[0].nextCheckAt == day(1) && tags[0].reason == .ordinary)
        #expect(tags[1].nextCheckAt > tags[2].nextCheckAt && tags[2].nextCheckAt > tags[3].nextCheckAt)
        #expect(tags.dropFirst().allSatisfy { $0.reason == .boosted && $0.nextCheckAt >= day(0) })
        // Once is enough, and who was asked since the burst began has been asked.
        tags[3].note(changed: false, id: 3, repository: &repository, lane: lane, at: day(0.01))
        let again = tags[3].boost(in: repository, lane: lane)
        #expect(!again)
    }

    @Test("The tag that revealed a burst is credited with what its boosts found, and looked at more often")
    func credits() {
        var repository = RepositorySchedule()
        let lane = lane(tags: 1_000, perDay: 1_000)
        var fresh = TagSchedule(firstSeenAt: day(0), in: repository, lane: lane, chance: 0)
        fresh.nextCheckAt = day(15)
        var leader = fresh
        leader.note(changed: true, id: 1, repository: &repository, lane: lane, at: day(10))
        var follower = fresh
        let isBoosted = follower.boost(in: repository, lane: lane)
        #expect(isBoosted)
        let effect = follower.note(changed: true, id: 2, repository: &repository, lane: lane, at: day(10.01))
        #expect(effect == CheckEffect(beginsBurst: false, credited: 1))
        var stranger = fresh
        let none = stranger.note(changed: true, id: 3, repository: &repository, lane: lane, at: day(10.01))
        #expect(none.credited == nil)
        leader.credit(5)
        leader.note(changed: false, id: 1, repository: &repository, lane: lane, at: day(11))
        follower.note(changed: false, id: 2, repository: &repository, lane: lane, at: day(11))
        #expect(leader.nextCheckAt < follower.nextCheckAt)
        leader.credit(1_000_000)
        #expect(leader.credits == .max)
    }

    private func lane(tags: Int, perDay: Double) -> LaneSchedule {
        LaneSchedule(requestsPerDay: perDay, tags: tags, at: day(0))
    }
}
