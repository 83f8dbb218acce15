import OCI

/// One tag of a trace: what happened, and what regular checks make of it.
struct TracedTag {
    /// Seconds since 1970.
    let listed: Int64
    /// When it was updated, as statistics count updates.
    let updates: [Int64]
    /// Its history as checks find it.
    private let rows: [Change]
    private let interval: Int64

    /// - Parameters:
    ///   - interval: seconds between two checks, the first of which is the first listing.
    ///   - digests: for its first digest and each change, one that differs.
    init(_ tag: Int, of trace: Trace, interval: Int64, digests: [Digest]) {
        listed = trace.listed[tag]
        self.interval = interval
        let first = Int(trace.firstChange[tag])
        let pushes = trace.changes[first..<trace.endOfChanges(of: tag)].filter { [listed] in $0 > listed }
        let begin = Change(
            digest: digests[0], kind: .first, source: .observed, observedAt: Timestamp(seconds: listed))
        func change(from old: Int, to new: Int, after: Int64?, at time: Int64) -> Change {
            Change(
                digest: digests[new], previousDigest: digests[old], kind: .rebuild, source: .observed,
                observedAt: Timestamp(seconds: time), notBefore: after.map { Timestamp(seconds: $0) })
        }
        var exact = [begin]
        var seen = [begin]
        var known = 0
        for (index, time) in pushes.enumerated() {
            exact.append(change(from: index, to: index + 1, after: nil, at: time))
            let check = Self.check(after: time, from: listed, interval: interval)
            // Overwritten before that check.
            if index + 1 < pushes.count, pushes[index + 1] <= check { continue }
            seen.append(change(from: known, to: index + 1, after: check - interval, at: check))
            known = index + 1
        }
        rows = seen
        updates = Episode.all(in: CountedRows(exact, firstSeenAt: begin.observedAt)).filter { $0.outcome == .update }
            .map { Int64($0.event / 1e6) }
    }

    /// What was known at a time, by the product's own statistics.
    func statistics(at time: Int64) -> Statistics {
        let last = listed + (time - listed) / interval * interval
        return Statistics(
            changes: rows, firstSeenAt: Timestamp(seconds: listed), lastSucceededAt: Timestamp(seconds: last),
            asOf: Timestamp(seconds: time))
    }

    /// Updates after a time.
    func updates(after time: Int64, days: Double) -> Int {
        let end = time + Int64(days * 86_400)
        return updates.count { $0 > time && $0 <= end }
    }

    /// The first check that sees what happened at a time.
    private static func check(after time: Int64, from listed: Int64, interval: Int64) -> Int64 {
        listed + (time - listed + interval - 1) / interval * interval
    }
}
