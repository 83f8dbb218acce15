import OCI
import Store
import TagHistory

extension ComparePage {
    /// What is said of one image.
    struct Column: Sendable {
        let head: Head
        let cells: [String]

        static let reasonLabel = "Why"

        /// What each line says, and what that means where it does not say so.
        static let labels: [(text: String, note: String?)] = [
            ("Rhythm", nil), (reasonLabel, nil), ("Evidence", "how far the rhythm can be relied on"),
            ("Updates in the last year", "a push in steps is one"), ("Half come within", "of the one before"),
            ("Longest time without one", "in the last year; the time since the last one counts, too"),
            ("Last update", nil), ("Age of the newest digest", nil),
            ("Chance of one within 7 days", "from now, if it goes on as before"),
            ("Settled digest", "borne for 7 days and not taken back"), ("Observed for", "by our own checks"),
            ("Past known for", "from others, too"),
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
                Words.number(statistics.updatesInWindow)
                    + (statistics.windowDays >= 364 ? "" : " " + TagPage.window(statistics)),
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
    }
}
