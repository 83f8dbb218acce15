public import OCI

/// What the check of a tag means to others.
public struct CheckEffect: Sendable, Equatable {
    /// A burst has begun: the repository's other tags want ``TagSchedule/boost(in:lane:)``.
    public var beginsBurst = false
    /// The tag that gets a credit, because its check revealed the burst in which this one's change was found.
    public var credited: Int32?
}

extension TagSchedule {
    /// Steps 1, 4 and 8: what a check that was answered makes of its tag and its repository.
    ///
    /// A tag that is missing is one that has not changed: it costs a request all the same, and may return.
    /// - Parameter id: the tag's, by which it is credited later.
    @discardableResult
    public mutating func note(
        changed: Bool, id: Int32, repository: inout RepositorySchedule, lane: LaneSchedule, at now: Timestamp
    ) -> CheckEffect {
        var effect = CheckEffect()
        if changed {
            effect.beginsBurst = repository.noteChange(at: now, leader: id)
            if reason.isRevealed, let leader = repository.leader, leader != id {
                effect.credited = leader
            } else {
                // What no other tag's check has revealed it needs its own for.
                credit()
            }
            noteChange(at: now, in: repository.burst)
        }
        lastCheckAt = max(lastCheckAt, now)
        rate = Float(life(at: now).rate)
        let raise = repository.raise(for: self, at: now)
        reason = raise == nil ? .ordinary : .raised
        nextCheckAt = lane.clock.advanced(byDays: lane.interval(pull: pull + (raise ?? 0)))
        return effect
    }

    /// Step 5, when a burst has begun: the next check comes early where it probably finds a change.
    ///
    /// Where a change is certain, it comes at once. The less probable one is, the later, so that those that surely
    /// changed do not wait behind many that may have: by as much as the wait costs no more than a check is worth.
    /// - Returns: whether the next check was moved.
    public mutating func boost(in repository: RepositorySchedule, lane: LaneSchedule) -> Bool {
        guard lastBurst != repository.burst, let startedAt = repository.burstStartedAt, lastCheckAt < startedAt
        else { return false }
        let probability = repository.joining(self)
        let gap = nextCheckAt.days(since: lane.clock)
        guard probability * gap > lane.price else { return false }
        nextCheckAt = lane.clock.advanced(byDays: lane.price * (1 / probability - 1))
        reason = .boosted
        return true
    }

    /// Step 8: a change of a sibling was found because this tag's check had revealed the burst.
    public mutating func credit(_ number: Int = 1) { credits = credits.addingWithoutOverflow(number) }
}
