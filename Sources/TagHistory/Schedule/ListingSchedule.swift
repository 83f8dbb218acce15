import Foundation
public import OCI

/// When a repository's tags are read as one listing: what the schedule remembers of it. Where a vendor lists digests in
/// bulk, the repository is the unit of checks, and its tags are asked one by one only to keep the listing honest.
///
/// A database row takes four `real` and two `timestamptz` columns for it.
public struct ListingSchedule: Sendable, Equatable {
    public var lastListingAt: Timestamp
    /// By the lane's clock, as for tags; both stand in one queue.
    public var nextListingAt: Timestamp
    /// Changes of tags, the older ones fading: halved in 60 days.
    public var changes: Float = 1
    /// The days in which they happened, fading alike.
    public var days: Float = 12
    /// Bursts, fading alike.
    public var bursts: Float = 1
    /// Requests that a listing takes, of late.
    public var requests: Float = 1

    static let halfLifeDays = 60.0

    init(firstReadAt now: Timestamp, lane: LaneSchedule) {
        lastListingAt = now
        nextListingAt = lane.clock
    }

    /// A listing as a store has kept it.
    public init(
        lastListingAt: Timestamp, nextListingAt: Timestamp, changes: Float, days: Float, bursts: Float, requests: Float
    ) {
        self.lastListingAt = lastListingAt
        self.nextListingAt = nextListingAt
        self.changes = changes
        self.days = days
        self.bursts = bursts
        self.requests = requests
    }

    /// Changes of tags a day.
    var rate: Double { Double(changes) / Double(days) }

    func interval(rate: Double, lane: LaneSchedule) -> Double {
        min(1, max(LaneSchedule.floorDays, lane.spacing * (Double(requests) / rate).squareRoot()))
    }

    /// Step 7: what a listing makes of its repository.
    /// - Parameters:
    ///   - previous: nil where the repository was not listed before: first sightings are no changes, and of a change
    ///     before the first listing nobody knows.
    ///   - found: tags that it showed to have changed.
    ///   - spent: requests that it took.
    ///   - burst: the repository's when the listing began.
    ///   - repository: as it stands after the listing.
    public static func after(
        _ previous: ListingSchedule?, found: Int, spent: Int, burst: Int16, repository: RepositorySchedule,
        lane: LaneSchedule, at now: Timestamp
    ) -> ListingSchedule {
        var listing = previous ?? ListingSchedule(firstReadAt: now, lane: lane)
        listing.note(
            found: previous == nil ? 0 : found, spent: spent, isBurst: repository.burst != burst,
            repository: repository, lane: lane, at: now)
        return listing
    }

    mutating func note(
        found: Int, spent: Int, isBurst: Bool, repository: RepositorySchedule, lane: LaneSchedule, at now: Timestamp
    ) {
        let elapsed = max(0, now.days(since: lastListingAt))
        let kept = exp2(-elapsed / Self.halfLifeDays)
        changes = max(1e-3, Float(Double(changes) * kept) + Float(found))
        days = Float(Double(days) * kept + (1 - kept) * Self.halfLifeDays / M_LN2)
        bursts = Float(Double(bursts) * kept)
        if isBurst { bursts += 1 }
        requests += (Float(max(1, spent)) - requests) / 8
        lastListingAt = max(lastListingAt, now)
        nextListingAt = lane.clock.advanced(
            byDays: interval(rate: rate + raise(in: repository, at: now), lane: lane))
    }

    /// Within six hours of a burst's start half as many changes again as a burst has on the average.
    private func raise(in repository: RepositorySchedule, at now: Timestamp) -> Double {
        guard let startedAt = repository.burstStartedAt else { return 0 }
        let age = now.days(since: startedAt)
        guard age < 0.25, bursts > 0 else { return 0 }
        let spread = RepositorySchedule.spreadDays
        return 0.5 * Double(changes / max(1e-3, bursts)) / spread * exp(-max(0, age) / spread)
    }
}

extension TagSchedule {
    /// Notes what a listing showed; λ is computed anew only with a change, because no check of this tag waits for it.
    /// - Parameter previous: the listing before it, nil where the tag is unchanged.
    mutating func noteListed(changedSince previous: Timestamp?, repository: RepositorySchedule, at now: Timestamp) {
        if let previous {
            lastCheckAt = max(lastCheckAt, min(previous, now))
            rate = Float(life(at: lastCheckAt).rate)
            credit()
            noteChange(at: now, in: repository.burst)
            rate = Float(life(at: now).rate)
        }
        lastCheckAt = max(lastCheckAt, now)
    }

    /// Sets the time of the next check that keeps a repository's listings honest. All these take at most a twentieth of
    /// the budget, unless it is so small that each tag would not be asked in two months.
    public mutating func scheduleSweep(lane: LaneSchedule, chance: Double = 1) {
        nextCheckAt = lane.clock.advanced(byDays: chance * min(60, max(7, 20 * lane.periodDays)))
        reason = .sweep
    }
}
