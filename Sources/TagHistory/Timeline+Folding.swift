import OCI

/// A live check that finds what is known leaves no row. When the next one finds something else, the span of what it
/// writes begins with it: so the `notBefore` of our own rows is an observation, of what was before. Merged with others
/// it must count as one, wherever those lie, or live checks and an import of the same checks would differ.
extension Timeline {
    /// The observations of which rows tell, those among them that are only the begin of a span.
    /// - Parameter last: the row before them.
    static func unfolded(_ rows: [Change], after last: Change? = nil) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(rows.count)
        for index in rows.indices {
            if let before = observationBefore(index, in: rows, after: last) { entries.append(Entry(before)) }
            entries.append(Entry(rows[index]))
        }
        return entries
    }

    /// The opposite: hidden rows that the next row's span tells are left out, and where a span of our own begins with
    /// a bound that somebody gave, which is no observation, a hidden row of the same digest and time says so.
    static func folded(_ rows: [Change]) -> [Change] {
        guard rows.contains(where: { $0.source == .observed && $0.notBefore != nil }) else { return rows }
        var result: [Change] = []
        result.reserveCapacity(rows.count)
        var mark: Change?
        // Where an image's own date alone is known before it, a hidden row is the first sighting.
        var isSeen = false
        for index in rows.indices {
            if let row = mark, row.observedAt != rows[index].observedAt || row.digest != rows[index].digest {
                result.append(row)
                mark = nil
            }
            if isSeen || rows[index].digest == nil, isTold(index, in: rows) { continue }
            isSeen = isSeen || (rows[index].digest != nil && rows[index].source != .metadata)
            result.append(rows[index])
            mark = mark ?? (spanBegin(index, in: rows) == nil ? nil : markOfBound(rows[index]))
        }
        if let mark { result.append(mark) }
        return result
    }

    private static func markOfBound(_ row: Change) -> Change {
        Change(
            digest: row.digest, kind: .same, source: row.source, observedAt: row.observedAt, notBefore: row.notBefore,
            mediaType: row.mediaType)
    }

    private static func observationBefore(_ index: Int, in rows: [Change], after last: Change?) -> Observation? {
        guard let time = spanBegin(index, in: rows, after: last) else { return nil }
        let row = rows[index]
        let isMarked = rows[(index + 1)...].prefix { $0.observedAt == row.observedAt }
            .contains { $0.kind == .same && $0.digest == row.digest }
        return isMarked ? nil : Observation(digest: row.digestBefore, observedAt: time, source: .observed)
    }

    /// Where the span of a row of our own begins, if no row stands there or later.
    private static func spanBegin(_ index: Int, in rows: [Change], after last: Change? = nil) -> Timestamp? {
        guard rows[index].source == .observed, rows[index].kind != .same, let begin = rows[index].notBefore,
            begin < rows[index].observedAt
        else { return nil }
        let before = index == 0 ? last : rows[index - 1]
        return before.map { $0.observedAt < begin } ?? true ? begin : nil
    }

    private static func isTold(_ index: Int, in rows: [Change]) -> Bool {
        guard index + 1 < rows.endIndex, rows[index].kind == .same, rows[index].source == .observed
        else { return false }
        let (row, next) = (rows[index], rows[index + 1])
        return row.pushedAt == nil && row.notBefore == nil && next.source == .observed && next.kind != .same
            && next.notBefore == row.observedAt && next.observedAt > row.observedAt && next.digestBefore == row.digest
            && (index == 0 || rows[index - 1].observedAt < row.observedAt)
    }
}

extension Change {
    /// What the tag bore at `notBefore`; nil where it was missing.
    fileprivate var digestBefore: Digest? {
        switch kind {
        case .first, .returned: nil
        case .rebuild, .noop, .platforms, .metadata, .missing, .same: previousDigest
        }
    }
}
