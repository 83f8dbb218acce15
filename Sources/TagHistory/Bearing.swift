public import OCI

/// A stretch of time in which a tag bore one digest.
public struct Bearing: Hashable, Sendable {
    public let digest: Digest
    /// When it was first observed.
    public let from: Timestamp
    /// When something else was observed; nil where it is borne still.
    public let until: Timestamp?
    /// What came next was a digest that the tag had borne before.
    public let wasReverted: Bool

    /// When it began, as far as is reckoned: with the push where it is known; else at the middle of the span, and of the
    /// newest digest at the first observation.
    public let start: Timestamp
    /// For how long, from the start.
    public let seconds: Double

    /// - Parameters:
    ///   - history: shown rows, oldest first.
    ///   - firstSeenAt: the first observation of the tag; nil where there was none.
    ///   - lastSucceededAt: the last observation of the newest digest.
    /// - Returns: oldest first.
    public static func all(
        in history: [Change], firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?
    ) -> [Bearing] {
        var bearings: [Bearing] = []
        var current: (row: Change, digest: Digest)?
        func end(at time: Timestamp, by row: Change?) {
            guard let (begin, digest) = current else { return }
            var (from, start) = (begin.observedAt, begin.happenedAt)
            // People are told to rely on the newest: no guess, but the registry's word is taken.
            if row == nil { start = begin.believedPush ?? from }
            // An image's `created` is what its author says, and tells nothing of when a tag began to bear it.
            if begin.source == .metadata {
                from = max(from, firstSeenAt ?? time)
                start = from
            }
            bearings.append(
                Bearing(
                    digest: digest, from: from, until: row?.observedAt, wasReverted: row?.reverted ?? false,
                    start: start, seconds: max(0, time.seconds(since: start))))
            current = nil
        }
        for row in history where row.digest != current?.digest {
            end(at: row.happenedAt, by: row)
            current = row.digest.map { (row, $0) }
        }
        if let begin = current?.row { end(at: max(begin.observedAt, lastSucceededAt ?? begin.observedAt), by: nil) }
        return bearings
    }

    /// The newest digest that was borne so long without a break and was not taken back.
    public static func settled(in bearings: [Bearing], seconds: Double) -> Bearing? {
        bearings.last { $0.seconds >= seconds && !$0.wasReverted }
    }

    /// How many updates came after this digest was last borne; none where it is borne again.
    /// - Parameter bearings: oldest first.
    public static func updatesBehind(_ bearing: Bearing, of bearings: [Bearing], marks: [HistoryMark]) -> Int {
        guard let until = bearing.until, bearings.last?.digest != bearing.digest else { return 0 }
        return marks.count { $0.outcome == .update && $0.observedAt >= until }
    }
}

extension Change {
    /// Its event time, as for an episode's first change.
    fileprivate var happenedAt: Timestamp {
        if let push = believedPush { return push }
        return notBefore?.middle(to: observedAt) ?? observedAt
    }
}
