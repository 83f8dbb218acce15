import OCI

/// When which tag of a repository was pushed, repository by repository in order of time.
struct Pushes {
    /// Seconds since 1970.
    private var times: [Int64] = []
    private var tags: [Int32] = []
    /// Per repository: its first push that a listing may still show as new, and where its pushes end.
    private var first: [Int] = []
    private var end: [Int] = []

    init(_ trace: Trace) {
        var order: [(repository: Int32, time: Int64, tag: Int32)] = []
        order.reserveCapacity(trace.numberOfChanges)
        for tag in 0..<trace.tags {
            let repository = trace.repository[tag]
            // What the trace begins with was pushed at some time before.
            if trace.listed[tag] > trace.start { order.append((repository, trace.listed[tag], Int32(tag))) }
            for change in Int(trace.firstChange[tag])..<trace.endOfChanges(of: tag) {
                order.append((repository, trace.changes[change], Int32(tag)))
            }
        }
        order.sort { $0 < $1 }
        times = order.map(\.time)
        tags = order.map(\.tag)
        first = Array(repeating: 0, count: trace.repositories)
        end = first
        for (index, push) in order.enumerated() { end[Int(push.repository)] = index + 1 }
        for repository in first.indices {
            let before = repository > 0 ? end[repository - 1] : 0
            first[repository] = before
            end[repository] = max(before, end[repository])
        }
    }

    /// The tags pushed in a span of time, oldest first; spans must not begin before those asked for earlier.
    mutating func of(_ repository: Int, from: Timestamp, until: Timestamp) -> ArraySlice<Int32> {
        var next = first[repository]
        while next < end[repository], times[next] * 1_000_000 < from.microseconds { next += 1 }
        first[repository] = next
        while next < end[repository], times[next] * 1_000_000 <= until.microseconds { next += 1 }
        return tags[first[repository]..<next]
    }
}
