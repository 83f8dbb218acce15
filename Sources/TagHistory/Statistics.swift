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
    @OrNull public var daysSinceLastUpdate: Double?
    /// The probability that the tag is still being rebuilt.
    @OrNull public var aliveProbability: Double?
    public var dueWithin: DueWithin
    public var trend: Trend
    public var rhythm: Rhythm
    /// No less and no more than `daysSinceLastUpdate`, where the last update was found after days without a look. For
    /// people.
    public var daysSinceLastUpdateBetween: ClosedRange<Double>?
    /// By how much an interval between updates may be shorter or longer; nil where that is little. For people.
    public var intervalUncertaintyDays: Double?

    private enum CodingKeys: String, CodingKey {
        case asOf, observedDays, windowDays, changes, updates, flaps, reverts, updatesInWindow, changesWithin, rate
        case interval, daysSinceLastUpdate, aliveProbability, dueWithin, trend, rhythm
    }

    /// Whether people are told how many updates a year would have: of some minutes there would be millions.
    public var tellsOfYears: Bool { observedDays >= 7 }

    /// Changes of the last days, by the time that counts them into a bucket.
    public struct ChangesWithin: Sendable, Codable, Hashable {
        public var days7 = 0
        public var days30 = 0
        public var days90 = 0
        public var days365 = 0
    }

    /// Updates per day: the posterior's mean and its 2.5 % and 97.5 % quantiles; without updates only an upper bound.
    public struct Rate: Sendable, Codable, Hashable {
        @OrNull public var perDay: Double? = nil
        @OrNull public var low95: Double? = nil
        @OrNull public var high95: Double? = nil
        @OrNull public var atMost95: Double? = nil
    }

    /// Days between successive updates in the window.
    public struct Interval: Sendable, Codable, Hashable {
        @OrNull public var meanDays: Double? = nil
        @OrNull public var medianDays: Double? = nil
        @OrNull public var medianLow95: Double? = nil
        @OrNull public var medianHigh95: Double? = nil
        @OrNull public var longestDays: Double? = nil
        /// The longest time without an update in the window, the time before the first and since the last included.
        @OrNull public var worstGapDays: Double? = nil
        @OrNull public var worstGapDaysEver: Double? = nil
        /// Sample standard deviation over mean: 0 is a clockwork, 1 is chance, more comes in bursts.
        @OrNull public var variation: Double? = nil
    }

    /// Probabilities of an update within the next days.
    public struct DueWithin: Sendable, Codable, Hashable {
        @OrNull public var days7: Double? = nil
        @OrNull public var days14: Double? = nil
        @OrNull public var days30: Double? = nil
    }

    /// Laplace's test for a trend, from four updates in the window on.
    public struct Trend: Sendable, Codable, Hashable {
        public enum Direction: String, Sendable, Codable, Hashable, CaseIterable {
            case faster, steady, slower
        }

        @OrNull public var u: Double? = nil
        @OrNull public var direction: Direction? = nil
    }
}
