public import OCI

// What workers and simulations do with answers: nobody else decides when a tag is checked next.
extension CheckPolicy {
    /// A tag that was seen for the first time.
    /// - Parameter chance: uniform in 0..<1: where within its interval the next check falls.
    public func begin(
        in repository: RepositorySchedule, way: ScheduledCheck.Way, lane: LaneSchedule, at now: Timestamp,
        chance: Double
    ) -> TagSchedule {
        var schedule = TagSchedule(firstSeenAt: now, in: repository, lane: lane, chance: chance)
        if case .listing = way { schedule.scheduleSweep(lane: lane, chance: chance) }
        schedule.nextCheckAt = next(schedule, at: now)
        return schedule
    }

    /// What an answer makes of its tag, and of its repository where the tag has changed.
    /// - Parameters:
    ///   - isListed: whether the repository's listing answers for its tags.
    ///   - lane: as it stands when the check is recorded; it is claims that move its clock.
    public func note(
        _ check: inout ScheduledCheck, in repository: inout RepositorySchedule, isListed: Bool, lane: LaneSchedule
    ) -> CheckEffect {
        var effect = CheckEffect()
        let wasSwept = check.schedule.reason == .sweep
        switch check.way {
        case .turn, .request:
            effect = check.schedule.note(
                changed: check.changed, id: check.tagID, repository: &repository, lane: lane, at: check.checkedAt)
            if wasSwept, isListed { check.schedule.scheduleSweep(lane: lane) }
        case .listing(let previous):
            if check.changed { effect.beginsBurst = repository.noteChange(at: check.checkedAt, leader: nil) }
            check.schedule.noteListed(
                changedSince: check.changed ? previous ?? check.schedule.lastCheckAt : nil, repository: repository,
                at: check.checkedAt)
            if !wasSwept { check.schedule.scheduleSweep(lane: lane, chance: check.chance) }
        }
        check.schedule.nextCheckAt = next(check.schedule, at: check.checkedAt)
        return effect
    }

    /// Brings a tag's next check forward where a burst of its repository has begun that it probably joins.
    /// - Returns: whether it was moved.
    public func boost(
        _ sibling: inout TagSchedule, in repository: RepositorySchedule, lane: LaneSchedule
    ) -> Bool {
        self == .adaptive && sibling.reason != .sweep && sibling.boost(in: repository, lane: lane)
    }

    private func next(_ schedule: TagSchedule, at now: Timestamp) -> Timestamp {
        switch self {
        case .adaptive: schedule.nextCheckAt
        // By itself only where the next listing does not answer for it.
        case .fixed(let interval): now.advanced(bySeconds: schedule.reason == .sweep ? interval * 1.5 : interval)
        }
    }

    /// Sets what a lane has to do and may spend, and moves c where the clock does not keep time. For every ten minutes
    /// or so.
    /// - Parameters:
    ///   - requestsPerSecond: zero or infinite where there is no limit.
    ///   - wanted: requests a day that the lane's tags would take, see ``LaneSchedule/requestsPerDay(of:)``; nil where
    ///     that is not known.
    public func steer(
        _ lane: inout LaneSchedule, tags: Int, requestsPerSecond: Double, wanted: Double?, at now: Timestamp
    ) {
        lane.tags = tags
        lane.requestsPerDay = LaneSchedule.requestsPerDay(atMost: requestsPerSecond, tags: tags)
        switch self {
        case .adaptive:
            lane.steer(at: now)
            if let wanted { lane.relieve(of: wanted) }
        case .fixed(let interval):
            lane.clock = min(lane.clock, now)
            // What the interval takes.
            lane.requestsPerDay =
                min(Double(max(1, tags)) / interval, requestsPerSecond > 0 ? requestsPerSecond : .infinity) * 86_400
        }
    }
}
