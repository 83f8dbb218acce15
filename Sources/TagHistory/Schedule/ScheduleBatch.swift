public import OCI

/// One tag's check in a batch of checks of one lane, and what the schedule makes of it.
public struct ScheduledCheck: Sendable, Equatable {
    /// How a tag's digest was learnt.
    public enum Way: Sendable, Equatable {
        /// It was asked for by itself, claimed in the order of `nextCheckAt`.
        case turn
        /// It was asked for by itself, because somebody waits.
        case request
        /// By a listing of the repository; the one before it was read at this time.
        case listing(previous: Timestamp?)
    }

    public let tagID: Int32
    public let repositoryID: Int32
    /// Before the check, then after it.
    public internal(set) var schedule: TagSchedule
    /// Whether the digest differs from the one known. A missing tag is one that has not changed.
    public let changed: Bool
    public let checkedAt: Timestamp
    public let way: Way
    /// Uniform in 0..<1: lest tags that a listing first answered for together are swept together for ever.
    let chance: Double

    public init(
        tagID: Int32, repositoryID: Int32, schedule: TagSchedule, changed: Bool, checkedAt: Timestamp,
        way: Way = .turn, chance: Double = 1
    ) {
        self.tagID = tagID
        self.repositoryID = repositoryID
        self.schedule = schedule
        self.changed = changed
        self.checkedAt = checkedAt
        self.way = way
        self.chance = chance
    }
}

/// A batch of checks of one lane on its way through the schedule.
///
/// ``record(_:)`` first; then the rows of all other tags of ``bursting`` repositories go through ``boost(_:of:)``, and
/// ``credits`` are added to the rows of the tags that earned them. Checks that failed are left out: a failed check tells
/// nothing, and its tag is due again at ``CheckPolicy/retry(failures:retryAfter:lane:at:)``.
public struct ScheduleBatch: Sendable {
    public let policy: CheckPolicy
    /// As it stands when the checks are recorded; it is claims that move its clock.
    public let lane: LaneSchedule
    public private(set) var repositories: [Int32: RepositorySchedule]
    /// Those whose listing answers for their tags.
    public let listed: Set<Int32>
    /// Repositories in which a burst has begun.
    public private(set) var bursting: Set<Int32> = []
    /// Credits earned, by tag; also those of tags of the batch itself.
    public private(set) var credits: [Int32: Int] = [:]

    public init(
        policy: CheckPolicy = .adaptive, lane: LaneSchedule, repositories: [Int32: RepositorySchedule],
        listed: Set<Int32> = []
    ) {
        self.policy = policy
        self.lane = lane
        self.repositories = repositories
        self.listed = listed
    }

    /// The checks as they are to be stored, in the order of their times.
    public mutating func record(_ checks: [ScheduledCheck]) -> [ScheduledCheck] {
        var checks = checks.sorted { ($0.checkedAt, $0.tagID) < ($1.checkedAt, $1.tagID) }
        for index in checks.indices { note(&checks[index]) }
        return checks
    }

    /// A tag that was seen for the first time.
    public func begin(
        in repositoryID: Int32, at now: Timestamp, way: ScheduledCheck.Way, chance: Double
    ) -> TagSchedule {
        policy.begin(
            in: repositories[repositoryID] ?? RepositorySchedule(), way: way, lane: lane, at: now, chance: chance)
    }

    private mutating func note(_ check: inout ScheduledCheck) {
        let id = check.repositoryID
        var repository = repositories[id] ?? RepositorySchedule()
        let effect = policy.note(&check, in: &repository, isListed: listed.contains(id), lane: lane)
        if check.changed { repositories[id] = repository }
        if let leader = effect.credited { credits[leader, default: 0] += 1 }
        if effect.beginsBurst { bursting.insert(id) }
    }

    /// - Parameter siblings: the other tags of a repository in which a burst has begun.
    /// - Returns: those whose next check was moved.
    public func boost(
        _ siblings: [(tagID: Int32, schedule: TagSchedule)], of repositoryID: Int32
    ) -> [(tagID: Int32, schedule: TagSchedule)] {
        guard let repository = repositories[repositoryID] else { return [] }
        return siblings.compactMap { sibling in
            var schedule = sibling.schedule
            return policy.boost(&schedule, in: repository, lane: lane) ? (sibling.tagID, schedule) : nil
        }
    }
}
