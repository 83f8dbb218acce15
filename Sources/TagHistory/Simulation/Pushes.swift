/// When which tag of a repository was pushed, repository by repository in order of time.
struct Pushes {
    private var times: [Int64] = []
    private(set) var tags: [Int32] = []
    /// Per repository: its first push that no listing has shown, and where its pushes end.
    private var next: [Int] = []
    private var end: [Int] = []

    init(_ trace: Trace) {
        var order: [(repository: Int32, time: Int64, tag: Int32)] = []
        order.reserveCapacity(trace.numberOfChanges)
        for tag in 0..<trace.tags {
            for change in Int(trace.firstChange[tag])..<trace.endOfChanges(of: tag) {
                order.append((trace.repository[tag], trace.changes[change], Int32(tag)))
            }
        }
        order.sort { $0 < $1 }
        times = order.map(\.time)
        tags = order.map(\.tag)
        next = Array(repeating: 0, count: trace.repositories)
        end = next
        for (index, push) in order.enumerated() { end[Int(push.repository)] = index + 1 }
        for repository in next.indices {
            let before = repository > 0 ? end[repository - 1] : 0
            next[repository] = before
            end[repository] = max(before, end[repository])
        }
    }

    /// The pushes since the last call, up to a time in seconds.
    mutating func take(_ repository: Int, until time: Int64) -> Range<Int> {
        let first = next[repository]
        while next[repository] < end[repository], times[next[repository]] <= time { next[repository] += 1 }
        return first..<next[repository]
    }
}
