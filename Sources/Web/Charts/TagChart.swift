import Mustache
import OCI
import Store
import TagHistory

/// A tag's updates per week or month, up to now.
struct TagChart: Sendable {
    struct Row: Sendable, Hashable {
        let label: String
        let updates: String
        let changes: String
    }

    let bucket: Histogram.Bucket
    let heading: String
    let svg: String
    /// The same in a table, newest first.
    let rows: [Row]

    /// The same as rows of a table.
    var table: String {
        rows.map { TableRow.html($0.label, [$0.updates, $0.changes], style: "number") }.joined()
    }

    var bucketLabel: String { bucket == .month ? "Month" : "Week from" }

    var buckets: [Link] {
        [("per week", Histogram.Bucket.week), ("per month", .month)].map { label, other in
            Link(label: label, href: "?bucket=\(other.rawValue)#bars", isCurrent: other == bucket)
        }
    }

    /// A year of weeks, three years of months.
    private static func count(_ bucket: Histogram.Bucket) -> Int { bucket == .month ? 36 : 52 }

    /// Slow tags are seen better by the month.
    static func fittingBucket(_ statistics: Statistics) -> Histogram.Bucket {
        (statistics.rhythm.days ?? 0) >= 60 && statistics.observedDays > 365 ? .month : .week
    }

    init(_ history: [Change], tag: TrackedTag, bucket: Histogram.Bucket, now: Timestamp) {
        self.bucket = bucket
        let days = bucket == .month ? Double(Self.count(bucket)) * 31 : Double(Self.count(bucket) - 1) * 7
        let items =
            ((try? Histogram(
                bucket: bucket, changes: history, firstSeenAt: tag.firstSeenAt,
                from: now.advanced(bySeconds: -days * 86_400), now: now))?.items ?? []).suffix(Self.count(bucket))
        let bars = Self.bars(Array(items), bucket: bucket, tag: tag, now: now)
        let updates = items.reduce(0) { $0 + $1.updates }
        let changes = items.reduce(0) { $0 + $1.changes }
        heading = bucket == .month ? "Updates per month, 3 years" : "Updates per week, 1 year"
        let most = items.map(\.updates).max() ?? 0
        let unit = bucket == .month ? "month" : "week"
        svg =
            BarChart(
                id: "chart", title: heading,
                description: "\(Words.count(updates, "update")) and "
                    + "\(Words.count(changes - updates, "other change")) in \(Words.count(items.count, unit)) "
                    + "to \(Words.date(now)), at most \(Words.count(most, "update")) in one \(unit).",
                bars: bars
            ).svg
        rows = zip(items, bars).reversed().map { item, bar in
            Row(
                label: bucket == .month ? Self.month(item.start) : Words.date(item.start),
                updates: bar.isWatched ? Words.number(item.updates) : "not watched",
                changes: bar.isWatched ? Words.number(item.changes) : "–")
        }
    }

    private static func bars(
        _ items: [Histogram.Item], bucket: Histogram.Bucket, tag: TrackedTag, now: Timestamp
    ) -> [BarChart.Bar] {
        let firstSeen = tag.firstSeenAt ?? now
        let lastSeen = tag.lastSucceededAt ?? now
        return items.indices.map { index in
            let item = items[index]
            let end = index + 1 < items.count ? items[index + 1].start : now.advanced(bySeconds: 1)
            // A count shows even where times of different sources do not fit together.
            let isWatched = item.changes > 0 || (end > firstSeen && item.start <= lastSeen)
            let name = bucket == .month ? month(item.start) : "Week of \(Words.date(item.start))"
            let tick = tick(item.start, before: index > 0 ? items[index - 1].start : nil, bucket: bucket)
            return BarChart.Bar(
                label: "\(name): " + (isWatched ? words(item) : "not watched"), lower: item.updates,
                upper: max(0, item.changes - item.updates), isWatched: isWatched, tick: tick?.text,
                isMinorTick: tick?.isMinor ?? false)
        }
    }

    private static func words(_ item: Histogram.Item) -> String {
        let updates = item.updates == 0 ? "no update" : Words.count(item.updates, "update")
        let others = item.changes - item.updates
        return others > 0 ? updates + ", " + Words.count(others, "other change") : updates
    }

    private static func month(_ time: Timestamp) -> String {
        let parts = CivilDay(time)
        return "\(Words.months[parts.month - 1]) \(parts.year)"
    }

    /// Weeks are marked where a month begins, months where a half-year does.
    private static func tick(
        _ start: Timestamp, before: Timestamp?, bucket: Histogram.Bucket
    ) -> (text: String, isMinor: Bool)? {
        let parts = CivilDay(start)
        if bucket == .month {
            guard parts.month == 1 || parts.month == 7 else { return nil }
            return parts.month == 1 ? (String(parts.year), false) : ("Jul", true)
        }
        guard let before, CivilDay(before).month != parts.month else { return nil }
        return (Words.months[parts.month - 1], parts.month % 3 != 1)
    }
}

/// Its rows would each be looked at for nothing.
extension TagChart: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "heading": heading
        case "svg": svg
        case "table": table
        case "bucketLabel": bucketLabel
        case "buckets": buckets.html
        default: nil
        }
    }
}
