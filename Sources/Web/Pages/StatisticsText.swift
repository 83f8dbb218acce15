public import OCI
public import Store
public import TagHistory

/// What pages say of statistics, for a terminal: the same words in both places.
public enum StatisticsText {
    /// One figure, and what it means where its label does not say so.
    public struct Line: Sendable, Hashable {
        public let label: String
        public let text: String
        public let note: String?
    }

    /// What a tag's page says of intervals, and its last update before them.
    public static func lines(_ statistics: Statistics) -> [Line] {
        let last = statistics.daysSinceLastUpdate.map {
            Line(label: "Last update", text: lastUpdate($0, statistics), note: nil)
        }
        let facts = TagPage.intervals(statistics).compactMap { fact in
            fact.text.map { Line(label: fact.label, text: $0, note: fact.note) }
        }
        return (last.map { [$0] } ?? []) + facts
    }

    /// A comparison's lines, with a text for each tag.
    public static func compared(
        _ tags: [(record: TagRecord, statistics: Statistics)], now: Timestamp
    ) -> [(line: Line, texts: [String])] {
        let columns = tags.map { ComparePage.Column($0.record, $0.statistics, now: now).cells }
        return ComparePage.Column.labels.enumerated().map { index, label in
            (Line(label: label.text, text: "", note: label.note), columns.map { $0[index] })
        }
    }

    /// What a comparison's line of sentences is called.
    public static let reasonLabel = ComparePage.Column.reasonLabel

    private static func lastUpdate(_ days: Double, _ statistics: Statistics) -> String {
        Words.lastUpdate(days, between: statistics.daysSinceLastUpdateBetween)
    }
}
