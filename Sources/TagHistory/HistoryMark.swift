public import OCI

/// One push as it is shown on an axis of time: an episode of changes, and what it came to.
public struct HistoryMark: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case update
        /// It ended at the digest that it began with.
        case flap
        /// It ended at a digest that the first sighting or an earlier one ended with.
        case revert
        /// Nothing in it was a rebuild: platforms, metadata or manifests alone.
        case other
    }

    public var outcome: Outcome
    /// The push time where it is believed, else the middle of the span: the time that statistics reckon with.
    public var at: Timestamp
    /// The last observation of what was before; nil where the time is known exactly.
    public var notBefore: Timestamp?
    /// The first observation of what is new.
    public var observedAt: Timestamp
    /// Of its first change.
    public var source: Source
    public var changes: Int

    /// - Returns: oldest first.
    public static func all(in counted: CountedRows) -> [HistoryMark] { episodes(in: counted).map(\.mark) }

    /// The marks, and where their rows stand: the first is a change, others may be between.
    static func episodes(in counted: CountedRows) -> [(mark: HistoryMark, rows: Range<Int>)] {
        let rows = counted.rows
        var marks: [(HistoryMark, Range<Int>)] = []
        var row = rows.startIndex
        let episodes = Episode.all(in: counted)
        marks.reserveCapacity(episodes.count)
        for (index, episode) in episodes.enumerated() {
            // An episode's rows lie before the next one's first.
            let end = index + 1 < episodes.count ? episodes[index + 1].end : .infinity
            var first: Int?
            var changes = 0
            while row < rows.endIndex, Double(rows[row].observedAt.microseconds) < end {
                if rows[row].kind.isChange {
                    first = first ?? row
                    changes += 1
                }
                row += 1
            }
            guard let first else { continue }
            let isExact = rows[first].believedPush != nil
            let mark = HistoryMark(
                outcome: episode.outcome, at: Timestamp(microseconds: Int64(episode.event)),
                notBefore: isExact ? nil : rows[first].notBefore, observedAt: rows[first].observedAt,
                source: rows[first].source, changes: changes)
            marks.append((mark, first..<row))
        }
        return marks
    }
}
