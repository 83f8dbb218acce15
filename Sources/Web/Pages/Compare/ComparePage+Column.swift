import OCI
import Store
import TagHistory

extension ComparePage {
    /// What is said of one image.
    struct Column: Sendable {
        let head: Head
        let cells: [String]

        static let labels = [
            "Rhythm", "Why", "Evidence", "Updates in the last year", "Half come within", "Longest time without one",
            "Last update", "Age of the newest digest", "Chance of one within 7 days", "Settled digest", "Observed for",
            "Past known for",
        ]

        init(_ record: TagRecord, _ statistics: Statistics, now: Timestamp) {
            let tag = record.tag
            let reference = tag.reference
            head = Head(
                repository: reference.repository.familiar, tag: reference.tag.name, href: Href.tag(reference),
                badge: tag.state == .active ? nil : Badge(tag))
            let rhythm = statistics.rhythm
            let bearings = record.bearings
            let settled = Bearing.settled(in: bearings, seconds: TagPage.Use.settledDays * 86_400)
            let behind = settled.map { Bearing.updatesBehind($0, of: bearings, marks: record.marks) }
            let interval = statistics.interval
            let watch = Watch(record, statistics)
            cells = [
                rhythm.shortWords + (rhythm.isLate ? ", overdue" : ""),
                Words.sentence(rhythm.explanation),
                rhythm.evidence.rawValue,
                Words.number(statistics.updatesInWindow) + Self.window(statistics),
                interval.medianDays.map { Words.days($0) } ?? "–",
                interval.worstGapDays.map { Words.longest($0) } ?? "–",
                statistics.daysSinceLastUpdate.map {
                    Words.lastUpdate($0, between: statistics.daysSinceLastUpdateBetween)
                } ?? "none seen",
                Words.digestAge(tag, record.pulse, now: now) ?? "–",
                statistics.dueWithin.days7.map { TagPage.percent($0) } ?? "–",
                behind.map { $0 == 0 ? "the newest" : "\(Words.count($0, "update")) behind" } ?? "none yet",
                watch.isBegun ? Words.days(watch.days) : "not yet", watch.knownDays.map { Words.days($0) } ?? "–",
            ]
        }

        private static func window(_ statistics: Statistics) -> String {
            statistics.windowDays >= 364 ? "" : " in \(Words.days(statistics.windowDays))"
        }
    }
}
