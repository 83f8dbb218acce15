public import OCI

extension TagSchedule {
    /// A tag as a store has kept it.
    public init(
        firstSeenAt: Timestamp, lastCheckAt: Timestamp, nextCheckAt: Timestamp, events: Float, lastEventDays: Float,
        rate: Float, changes: Int16, credits: Int16, firstBurst: Int16, lastBurst: Int16, reason: Reason
    ) {
        self.firstSeenAt = firstSeenAt
        self.lastCheckAt = lastCheckAt
        self.nextCheckAt = nextCheckAt
        self.events = events
        self.lastEventDays = lastEventDays
        self.rate = rate
        self.changes = changes
        self.credits = credits
        self.firstBurst = firstBurst
        self.lastBurst = lastBurst
        self.reason = reason
    }

    /// A tag with a history that the schedule has not seen happen: imported, told by the registry, or older than the
    /// schedule. Its changes count as if checks had found them; of bursts nothing is known.
    ///
    /// - Parameters:
    ///   - rows: in the order of time, the first sighting among them.
    ///   - lastCheckAt: the last successful check.
    ///   - chance: uniform in 0..<1: where within its interval the next check falls.
    public init?(
        history rows: [Change], lastCheckAt: Timestamp, in repository: RepositorySchedule, lane: LaneSchedule,
        chance: Double
    ) {
        guard let first = rows.first else { return nil }
        self.init(firstSeenAt: first.observedAt, in: repository, lane: lane, chance: chance)
        for row in rows where row.kind.isChange {
            self.lastCheckAt = max(self.lastCheckAt, row.notBefore ?? row.observedAt)
            rate = Float(life(at: self.lastCheckAt).rate)
            noteChange(at: row.observedAt, in: repository.burst)
            self.lastCheckAt = max(self.lastCheckAt, row.observedAt)
        }
        // Who would have revealed them is not known.
        credit(Int(changes))
        self.lastCheckAt = max(self.lastCheckAt, lastCheckAt)
        rate = Float(life(at: self.lastCheckAt).rate)
        nextCheckAt = lane.clock.advanced(byDays: chance * lane.interval(pull: Double(rate)))
    }
}
