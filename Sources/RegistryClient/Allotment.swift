/// Turns that a worker has been granted: each stands for one request at its time or shortly after. Time is an argument.
///
/// All workers' turns of a host follow each other at the host's rate, so whoever keeps to the times keeps to the rate,
/// and workers that take equal shares in turn have equal shares.
struct Allotment: Sendable {
    /// Turns that follow each other at the same distance.
    private struct Run {
        var next: Duration
        let step: Duration
        var left: Int
    }

    /// How long a turn may be used after its time: longer would let several workers save up for a burst.
    static let lifetime: Duration = .seconds(1)

    private var runs: [Run] = []
    private(set) var taken = 0

    mutating func add(_ count: Int, first: Duration, step: Duration, at now: Duration) {
        guard count > 0 else { return }
        // What was saved up is fresh from now on.
        let late = now - first
        let saved = late < .zero ? 0 : step > .zero ? Int(min(late / step, 1e9)) + 1 : count
        if saved > 0 { runs.append(Run(next: now, step: .zero, left: min(saved, count))) }
        if saved < count { runs.append(Run(next: first + step * saved, step: step, left: count - saved)) }
    }

    /// Uses one turn whose time has come.
    mutating func take(at now: Duration) -> Bool {
        dropExpired(at: now)
        guard let first = runs.first, first.next <= now else { return false }
        runs[0].next += first.step
        runs[0].left -= 1
        if runs[0].left == 0 { runs.removeFirst() }
        taken += 1
        return true
    }

    /// Until the next turn; nil where none is left.
    mutating func wait(at now: Duration) -> Duration? {
        dropExpired(at: now)
        return runs.first.map { max(.zero, $0.next - now) }
    }

    mutating func left(at now: Duration) -> Int {
        dropExpired(at: now)
        return runs.reduce(0) { $0 + $1.left }
    }

    private mutating func dropExpired(at now: Duration) {
        while let first = runs.first, first.next + Self.lifetime < now {
            let late = now - Self.lifetime - first.next
            let steps = first.step > .zero ? Int(late / first.step) + 1 : first.left
            guard steps < first.left else {
                runs.removeFirst()
                continue
            }
            runs[0].next += first.step * steps
            runs[0].left -= steps
        }
    }
}
