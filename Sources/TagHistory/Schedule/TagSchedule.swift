import Foundation
public import OCI

/// What the schedule remembers of one tag: a database row's worth.
///
/// Beside the times, which the store keeps anyway, it takes three `real` and five `smallint` columns: 22 bytes.
/// Counters stop at their type's end instead of overflowing; 32,767 bursts of a repository last 44 years.
public struct TagSchedule: Sendable, Equatable {
    public var firstSeenAt: Timestamp
    /// The last check that brought an answer. A failed check tells nothing and is not noted; see
    /// ``LaneSchedule/retry(after:at:)``.
    public var lastCheckAt: Timestamp
    /// When the next check is due, by the lane's clock: see ``LaneSchedule/clock``.
    public var nextCheckAt: Timestamp
    /// x: changes so far, with those that wide spans probably hide.
    public var events: Float = 0
    /// t_x: days from the first sighting to the last change, 0 without one.
    public var lastEventDays: Float = 0
    /// λ: changes expected a day, as of the last check.
    public var rate: Float
    /// n: changes seen.
    public var changes: Int16 = 0
    /// Changes that were found by this tag's own checks: its own that nobody else's had revealed, and those of siblings that
    /// were found because its check had revealed their burst.
    public var credits: Int16 = 0
    /// The repository's burst when the tag was first seen.
    public var firstBurst: Int16
    /// The last burst that the tag changed in, or the first one as long as it has not changed.
    public var lastBurst: Int16
    /// Why the next check comes when it does.
    public var reason: Reason = .ordinary

    /// What a check is for; kept with its tag until then, so that requests can be counted by their use.
    public enum Reason: Int16, Sendable, CaseIterable {
        /// The tag's own rate.
        case ordinary = 1
        /// A burst is on that the tag may still join.
        case raised = 2
        /// A sibling's change has just begun a burst.
        case boosted = 3
        /// Its repository's listing answers for the tag; this check keeps the listing honest.
        case sweep = 4

        /// Whether a sibling's change brought the check about.
        public var isRevealed: Bool { self == .raised || self == .boosted }
    }

    /// A tag that the schedule begins with.
    ///
    /// - Parameter chance: uniform in 0..<1: where within its first interval the first check falls, lest tags that came
    ///   together are checked together for ever.
    public init(firstSeenAt now: Timestamp, in repository: RepositorySchedule, lane: LaneSchedule, chance: Double) {
        firstSeenAt = now
        lastCheckAt = now
        rate = Float(Life.newTag.rate)
        firstBurst = repository.burst
        lastBurst = repository.burst
        nextCheckAt = lane.clock.advanced(byDays: chance * lane.interval(pull: Life.newTag.rate))
    }
}

extension TagSchedule {
    /// How strongly the tag draws checks: its own changes, and those of its siblings that its own reveal.
    ///
    /// Where many tags change together, one that is looked at often spares the others' looks; one that others always
    /// reveal needs few of its own.
    var pull: Double { Double(rate) * Double(credits + 1) / Double(changes + 1) }

    func life(at now: Timestamp) -> Life {
        Life(
            events: Double(events), lastEventDays: Double(lastEventDays),
            ageDays: max(Double(lastEventDays), now.days(since: firstSeenAt)))
    }

    /// Step 1: what a change tells of the tag's rate. `lastCheckAt` and `rate` are still those of the check before.
    mutating func noteChange(at now: Timestamp, in burst: Int16) {
        let unseen = max(0, now.days(since: lastCheckAt))
        let expected = Double(rate) * unseen
        // Changes that hide in a span in which at least one was, 1/(1 − e^(−y)) times those expected.
        events += Float(expected > 1e-6 ? expected / -expm1(-expected) : 1)
        lastEventDays = Float(max(0, lastCheckAt.days(since: firstSeenAt)) + unseen / 2)
        changes = changes.addingWithoutOverflow(1)
        lastBurst = burst
    }
}
