public import OCI

/// What a tag's history says, as of one time. The formulae: STATISTICS.md.
///
/// Durations are in days of 86,400 s, rates in updates per day. Nil means: not defined for so little knowledge.
public struct Statistics: Sendable, Codable, Hashable {
    public var asOf: Timestamp
    /// From the first sighting to the last successful check.
    public var observedDays: Double
    /// The part of it within the last 365 days before `asOf`: what the rate was measured in.
    public var windowDays: Double
    public var changes: Int
    public var updates: Int
    public var flaps: Int
    public var reverts: Int
    public var updatesInWindow: Int
    public var changesWithin: ChangesWithin
    public var rate: Rate
    public var interval: Interval
    public var daysSinceLastUpdate: Double?
    /// The probability that the tag is still being rebuilt.
    public var aliveProbability: Double?
    public var dueWithin: DueWithin
    public var trend: Trend
    public var rhythm: Rhythm

    /// Changes of the last days, by the time that counts them into a bucket.
    public struct ChangesWithin: Sendable, Codable, Hashable {
        public var days7 = 0
        public var days30 = 0
        public var days90 = 0
        public var days365 = 0
    }

    /// Updates per day: the posterior's mean and its 2.5 % and 97.5 % quantiles; without updates only an upper bound.
    public struct Rate: Sendable, Codable, Hashable {
        public var perDay: Double?
        public var low95: Double?
        public var high95: Double?
        public var atMost95: Double?
    }

    /// Days between successive updates in the window.
    public struct Interval: Sendable, Codable, Hashable {
        public var meanDays: Double?
        public var medianDays: Double?
        public var medianLow95: Double?
        public var medianHigh95: Double?
        public var longestDays: Double?
        /// The longest time without an update in the window, the time before the first and since the last included.
        public var worstGapDays: Double?
        public var worstGapDaysEver: Double?
        /// Sample standard deviation over mean: 0 is a clockwork, 1 is chance, more comes in bursts.
        public var variation: Double?
    }

    /// Probabilities of an update within the next days.
    public struct DueWithin: Sendable, Codable, Hashable {
        public var days7: Double?
        public var days14: Double?
        public var days30: Double?
    }

    /// Laplace's test for a trend, from four updates in the window on.
    public struct Trend: Sendable, Codable, Hashable {
        public enum Direction: String, Sendable, Codable, Hashable, CaseIterable {
            case faster, steady, slower
        }

        public var u: Double?
        public var direction: Direction?
    }
}
