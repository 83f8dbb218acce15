public import OCI

/// Changes and updates per day, week or month, in UTC.
public struct Histogram: Sendable, Codable, Hashable {
    public struct Item: Sendable, Codable, Hashable {
        public var start: Timestamp
        public var changes: Int
        /// Counted where the episode's first change is.
        public var updates: Int
    }

    /// More is an error and never cut off: 27 years of days.
    public static let maximumCount = 10_000

    public var bucket: Bucket
    /// Oldest first, without gaps.
    public var items: [Item]

    /// A row counts by its push time where that is believed, else by `observedAt`.
    ///
    /// - Parameters:
    ///   - rows: the history oldest first, `first` included; hidden rows may be among them.
    ///   - from: the first sighting where absent; without either there are no buckets.
    ///   - to: now where absent.
    ///
    /// `from` and `to` choose buckets, their own ones included; a bucket is always a whole one.
    public init(
        bucket: Bucket, changes rows: [Change], firstSeenAt: Timestamp?, from: Timestamp? = nil, to: Timestamp? = nil,
        now: Timestamp
    ) throws(HistogramError) {
        self.bucket = bucket
        items = []
        let end = to ?? now
        guard let start = from ?? firstSeenAt, from != nil || start <= end else { return }
        guard start <= end else { throw HistogramError(code: .order, count: 0) }
        let first = bucket.index(of: start)
        let count = bucket.index(of: end) - first + 1
        guard count <= Self.maximumCount else { throw HistogramError(code: .tooMany, count: count) }
        items = (0..<count).map { Item(start: bucket.start(of: first + $0), changes: 0, updates: 0) }
        let counted = CountedRows(rows, firstSeenAt: firstSeenAt)
        for index in counted.indices {
            let position = bucket.index(of: rows[index].countedAt) - first
            if items.indices.contains(position) { items[position].changes += 1 }
        }
        for episode in Episode.all(in: counted) where episode.outcome == .update {
            let position = bucket.index(of: episode.countedAt) - first
            if items.indices.contains(position) { items[position].updates += 1 }
        }
    }

    public enum Bucket: String, Sendable, Codable, Hashable, CaseIterable {
        case day, week, month

        /// Which bucket since the one that holds 1970-01-01. Weeks begin on Monday.
        func index(of time: Timestamp) -> Int {
            let days = floorDivide(time.microseconds, CivilDate.dayMicroseconds)
            switch self {
            case .day: return Int(days)
            case .week: return Int(floorDivide(days + 3, 7))  // 1970-01-01 was a Thursday.
            case .month:
                let date = CivilDate(days: days)
                return Int((date.year - 1970) * 12 + date.month - 1)
            }
        }

        func start(of index: Int) -> Timestamp {
            let index = Int64(index)
            let year = floorDivide(index, 12)
            let days =
                switch self {
                case .day: index
                case .week: index * 7 - 3
                case .month: CivilDate(year: 1970 + year, month: index - year * 12 + 1, day: 1).days
                }
            return Timestamp(seconds: days * 86_400)
        }
    }
}

public struct HistogramError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// `from` lies after `to`.
        case order
        case tooMany
    }

    public let code: Code
    /// How many buckets it would have been.
    public let count: Int

    public var description: String {
        switch code {
        case .order: "from lies after to; give them in the order of time"
        case .tooMany:
            "\(count) buckets are more than \(Histogram.maximumCount); choose a shorter time or larger buckets"
        }
    }
}
