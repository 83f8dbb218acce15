import Foundation
public import OCI

/// What the schedule remembers of a repository: nearly all of a repository's changes come in bursts, when its images are
/// built anew. A database row takes one `smallint`, one `integer` and two `timestamptz` for it, and the columns of
/// ``ListingSchedule`` where listings are read.
public struct RepositorySchedule: Sendable, Equatable {
    /// How many bursts there were.
    public var burst: Int16 = 0
    public var burstStartedAt: Timestamp?
    public var lastChangeAt: Timestamp?
    /// The tag whose check revealed the current burst; nil where a listing did.
    public var leader: Int32?

    public init() {}

    /// A change after so many quiet seconds begins a burst, and so long after its start tags are expected to join it.
    static let quiet = 43_200.0
    /// θ: the days in which all but 1/e of those that join a burst have done so.
    static let spreadDays = 2 / 24.0

    /// Step 1, the repository's part.
    /// - Returns: whether a burst begins.
    mutating func noteChange(at now: Timestamp, leader tag: Int32?) -> Bool {
        let begins = lastChangeAt.map { now.seconds(since: $0) > Self.quiet } ?? true
        if begins {
            burst = burst.addingWithoutOverflow(1)
            burstStartedAt = now
            leader = tag
        }
        lastChangeAt = max(now, lastChangeAt ?? now)
        return begins
    }

    /// Step 3: the probability that a tag joins the current burst, by how many it joined so far and how many it has
    /// missed since.
    func joining(_ tag: TagSchedule) -> Double {
        let chances = Double(max(0, Int(burst) - 1 - Int(tag.firstBurst)))
        let missed = Double(max(0, Int(burst) - 1 - Int(tag.lastBurst)))
        return min(1, (0.3 + Double(tag.changes)) / (1.5 + chances)) * exp2(-missed / 4)
    }

    /// Step 4: what the current burst adds to the rate of a tag that has not changed in it, per day; nil where there is
    /// no burst or the tag has changed.
    func raise(for tag: TagSchedule, at now: Timestamp) -> Double? {
        guard let burstStartedAt, tag.lastBurst != burst else { return nil }
        let age = now.seconds(since: burstStartedAt)
        guard age < Self.quiet else { return nil }
        return joining(tag) / Self.spreadDays * exp(-max(0, age) / 86_400 / Self.spreadDays)
    }
}
