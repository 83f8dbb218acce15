public import OCI

/// When tags are checked: as often as it pays, or all alike.
public enum CheckPolicy: Sendable, Equatable {
    case adaptive
    /// Seconds between two checks of a tag.
    case fixed(interval: Double)

    /// A failure may pass soon, so the first retries come early: after 2, 4, 8 … minutes, never later than two hours.
    private static let firstRetry = 120.0
    private static let longestRetry = 7_200.0

    /// When a tag is due again whose check failed.
    /// - Parameters:
    ///   - failures: checks failed in a row, this one included.
    ///   - retryAfter: seconds that the registry asked for.
    public func retry(failures: Int, retryAfter: Double, lane: LaneSchedule, at now: Timestamp) -> Timestamp {
        let pause = Self.firstRetry * Double(1 << min(max(failures, 1) - 1, 16))
        switch self {
        case .adaptive: return lane.retry(after: max(min(pause, Self.longestRetry), retryAfter), at: now)
        case .fixed(let interval): return now.advanced(bySeconds: max(min(pause, interval), retryAfter))
        }
    }

    /// The latest `nextCheckAt` that may be claimed now. The adaptive schedule works ahead with what its budget has to
    /// spare; a fixed interval is kept.
    public func claimable(in lane: LaneSchedule, at now: Timestamp) -> Timestamp {
        switch self {
        case .adaptive: lane.claimable(at: now)
        case .fixed: now
        }
    }

    /// Only what was last checked before this may be checked again, however fast the lane's clock runs.
    public func checkedBefore(_ now: Timestamp) -> Timestamp {
        switch self {
        case .adaptive: now.advanced(byDays: -LaneSchedule.floorDays)
        case .fixed: now.advanced(bySeconds: 1)
        }
    }

    /// When a repository is listed next.
    public func nextListing(_ listing: ListingSchedule, at now: Timestamp) -> Timestamp {
        switch self {
        case .adaptive: listing.nextListingAt
        case .fixed(let interval): now.advanced(bySeconds: interval)
        }
    }

    /// Whether a listing may be left where it has nothing new: with a fixed interval it has to answer for every tag each
    /// time.
    /// - Parameter wholeAt: the last one that was read to its end.
    public func mayLeaveListing(wholeAt: Timestamp?, at now: Timestamp) -> Bool {
        guard self == .adaptive, let wholeAt else { return false }
        return now.seconds(since: wholeAt) < ListingSchedule.wholeIntervalSeconds
    }

    /// Seconds that a change is expected to go unseen.
    /// - Parameter adaptive: by the tags' own intervals.
    public func meanDelay(adaptive: Double?, tags: Int, requestsPerSecond: Double) -> Double? {
        switch self {
        case .adaptive: adaptive
        case .fixed(let interval):
            // Where the budget does not suffice it takes as long as a round.
            max(interval, requestsPerSecond > 0 ? Double(tags) / requestsPerSecond : 0) / 2
        }
    }

    /// Seconds for which tags that a listing left out are asked for one by one before there is another listing because
    /// of them.
    public var listingPause: Double {
        switch self {
        case .adaptive: 3_600
        case .fixed(let interval): interval / 2
        }
    }
}
