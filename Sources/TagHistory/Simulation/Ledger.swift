/// What a policy has seen of a trace, and how late.
struct Ledger {
    private let trace: Trace
    /// Seconds since 1970 from which on everything counts.
    private let from: Int64
    /// Per tag: its first change that no check has seen.
    private var unseen: [Int32]
    /// Seconds from a change to the check that saw it or its successor.
    private(set) var delays: [Double] = []
    private(set) var missed = 0
    private(set) var requests = 0
    /// Seconds in which what was known of a tag was not current, and those in which the tag was known.
    private var staleSeconds = 0.0
    private var tagSeconds: Double

    init(trace: Trace, from: Int64) {
        self.trace = trace
        self.from = from
        unseen = trace.firstChange
        delays.reserveCapacity(trace.changes.count)
        tagSeconds = trace.listed.reduce(0) { $0 + Double(max(0, trace.end - max($1, from))) }
    }

    mutating func spend(_ number: Int = 1, at now: Int64) {
        if now >= from * 1_000_000 { requests += number }
    }

    /// A check of a tag at a time in microseconds.
    /// - Returns: whether it has changed since the last one.
    mutating func look(at tag: Int, now: Int64) -> Bool {
        let first = Int(unseen[tag])
        let end = trace.endOfChanges(of: tag)
        var next = first
        while next < end, trace.changes[next] * 1_000_000 <= now { next += 1 }
        guard next > first else { return false }
        settle(first..<next, at: now)
        unseen[tag] = Int32(next)
        return true
    }

    private mutating func settle(_ seen: Range<Int>, at now: Int64) {
        let seconds = Double(now) / 1e6
        var counted = 0
        for change in seen where trace.changes[change] >= from {
            delays.append(seconds - Double(trace.changes[change]))
            counted += 1
        }
        // All but the last were overwritten.
        missed += max(0, counted - 1)
        staleSeconds += max(0, seconds - Double(max(from, trace.changes[seen.lowerBound])))
    }

    /// What was not found by the end counts until then.
    mutating func close() {
        for tag in 0..<trace.tags { _ = look(at: tag, now: trace.end * 1_000_000) }
    }

    /// Both closed: what the two have seen.
    consuming func joined(with other: Ledger) -> Ledger {
        delays += other.delays
        missed += other.missed
        requests += other.requests
        staleSeconds += other.staleSeconds
        tagSeconds += other.tagSeconds
        return self
    }

    consuming func report(policy: Simulation.Policy) -> SimulationReport {
        delays.sort()
        let count = delays.count
        return SimulationReport(
            policy: policy, requests: requests, changes: count, missed: missed,
            meanDelaySeconds: count == 0 ? nil : delays.reduce(0, +) / Double(count),
            medianDelaySeconds: count == 0 ? nil : (delays[(count - 1) / 2] + delays[count / 2]) / 2,
            p95DelaySeconds: count == 0 ? nil : delays[(count * 95 + 99) / 100 - 1],
            freshness: tagSeconds > 0 ? 1 - staleSeconds / tagSeconds : nil)
    }
}
