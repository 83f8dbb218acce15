public import OCI

/// One tag's check in a batch of checks of one lane, and what the schedule makes of it.
public struct ScheduledCheck: Sendable, Equatable {
    public let tagID: Int32
    public let repositoryID: Int32
    /// Before the check, then after it.
    public internal(set) var schedule: TagSchedule
    /// Whether the digest differs from the one known. A missing tag is one that has not changed.
    public let changed: Bool
    public let checkedAt: Timestamp
    /// Whether the tag was claimed in the order of `nextCheckAt`, not because somebody asked for it.
    public let inTurn: Bool

    public init(
        tagID: Int32, repositoryID: Int32, schedule: TagSchedule, changed: Bool, checkedAt: Timestamp,
        inTurn: Bool = true
    ) {
        self.tagID = tagID
        self.repositoryID = repositoryID
        self.schedule = schedule
        self.changed = changed
        self.checkedAt = checkedAt
        self.inTurn = inTurn
    }
}

/// A batch of checks of one lane on its way through the schedule.
///
/// ``record(_:)`` first; then the rows of all other tags of ``bursting`` repositories go through ``boost(_:of:)``, and
/// ``credits`` are added to the rows of the tags that earned them. Checks that failed are left out: a failed check tells
/// nothing, and its tag is due again at ``LaneSchedule/retry(after:at:)``.
public struct ScheduleBatch: Sendable {
    public private(set) var lane: LaneSchedule
    public private(set) var repositories: [Int32: RepositorySchedule]
    /// Repositories in which a burst has begun.
    public private(set) var bursting: Set<Int32> = []
    /// Credits earned, by tag; also those of tags of the batch itself.
    public private(set) var credits: [Int32: Int] = [:]

    public init(lane: LaneSchedule, repositories: [Int32: RepositorySchedule]) {
        self.lane = lane
        self.repositories = repositories
    }

    /// The checks as they are to be stored, in the order of their times.
    public mutating func record(_ checks: [ScheduledCheck]) -> [ScheduledCheck] {
        var checks = checks.sorted { ($0.checkedAt, $0.tagID) < ($1.checkedAt, $1.tagID) }
        for index in checks.indices {
            let check = checks[index]
            if check.inTurn { lane.advanceClock(to: check.schedule.nextCheckAt) }
            let effect = checks[index].schedule.note(
                changed: check.changed, id: check.tagID,
                repository: &repositories[check.repositoryID, default: RepositorySchedule()], lane: lane,
                at: check.checkedAt)
            if let leader = effect.credited { credits[leader, default: 0] += 1 }
            if effect.beginsBurst { bursting.insert(check.repositoryID) }
        }
        return checks
    }

    /// - Parameter siblings: the other tags of a repository in which a burst has begun.
    /// - Returns: those whose next check was moved.
    public func boost(
        _ siblings: [(tagID: Int32, schedule: TagSchedule)], of repositoryID: Int32
    ) -> [(tagID: Int32, schedule: TagSchedule)] {
        guard let repository = repositories[repositoryID] else { return [] }
        return siblings.compactMap { sibling in
            var schedule = sibling.schedule
            return schedule.boost(in: repository, lane: lane) ? (sibling.tagID, schedule) : nil
        }
    }
}
