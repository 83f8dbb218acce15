import OCI
import Testing

@testable import TagHistory

@Suite("A batch of checks in the schedule")
struct ScheduleBatchTests {
    private func tag(next: Double, last: Double = 0) -> TagSchedule {
        var tag = TagSchedule(
            firstSeenAt: day(0), in: RepositorySchedule(),
            lane: LaneSchedule(requestsPerDay: 100, tags: 100, at: day(0)), chance: 0)
        tag.lastCheckAt = day(last)
        tag.nextCheckAt = day(next)
        return tag
    }

    @Test("Checks count in the order of their times; siblings are boosted, leaders credited")
    func burst() throws {
        var lane = LaneSchedule(requestsPerDay: 100, tags: 100, at: day(0))
        lane.advanceClock(to: day(3.1))
        var batch = ScheduleBatch(lane: lane, repositories: [:])
        let later = ScheduledCheck(
            tagID: 1, repositoryID: 5, schedule: tag(next: 3), changed: true, checkedAt: day(3.2))
        let earlier = ScheduledCheck(
            tagID: 2, repositoryID: 5, schedule: tag(next: 3.1), changed: true, checkedAt: day(3.1))
        let idle = ScheduledCheck(
            tagID: 3, repositoryID: 6, schedule: tag(next: 2), changed: false, checkedAt: day(3))
        let asked = ScheduledCheck(
            tagID: 4, repositoryID: 6, schedule: tag(next: 9), changed: false, checkedAt: day(3.2), way: .request)
        let recorded = batch.record([later, earlier, idle, asked])
        #expect(recorded.map(\.tagID) == [3, 2, 1, 4])
        #expect(batch.bursting == [5])
        let repository = try #require(batch.repositories[5])
        #expect(repository.leader == 2 && repository.burstStartedAt == day(3.1))
        #expect(batch.repositories[6] == nil)
        let siblings: [(tagID: Int32, schedule: TagSchedule)] = [(7, tag(next: 12)), (8, tag(next: 3.11))]
        #expect(batch.boost(siblings, of: 5).map(\.tagID) == [7])
        #expect(batch.boost(siblings, of: 6).isEmpty)
        #expect(batch.boost(siblings, of: 99).isEmpty)

        // The next batch finds the boosted sibling changed.
        let boosted = batch.boost(siblings, of: 5)[0].schedule
        var next = ScheduleBatch(lane: batch.lane, repositories: batch.repositories)
        let found = ScheduledCheck(
            tagID: 7, repositoryID: 5, schedule: boosted, changed: true, checkedAt: day(3.3))
        _ = next.record([found])
        #expect(next.credits == [2: 1])
        #expect(next.bursting.isEmpty)
    }
}
