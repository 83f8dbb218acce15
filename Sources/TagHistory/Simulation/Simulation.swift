/// Replays a trace of changes through the code that the worker schedules with, or through round-robin for comparison.
///
/// Checks take no time and never fail. What is known of a tag when it is first listed is current.
public struct Simulation: Sendable {
    public enum Policy: String, Sendable, Codable, CaseIterable {
        /// Every tag in turn.
        case roundRobin = "round-robin"
        /// Tag by tag, in the order of ``TagSchedule/nextCheckAt``.
        case adaptive
        /// Repository by repository, where a vendor lists a hundred tags a request, the last pushed ones first.
        case adaptiveBulk = "adaptive-bulk"
    }

    public enum Budget: Sendable, Equatable {
        /// As many requests as visit each tag known so far once in so many hours.
        case hours(Double)
        case requestsPerSecond(Double)

        /// Requests a second. Nobody asks for every tag more often than every five minutes.
        func rate(tags: Int) -> Double {
            let most = Double(tags) / 300
            return switch self {
            case .hours(let hours): min(most, Double(tags) / (hours * 3_600))
            case .requestsPerSecond(let rate): min(most, rate)
            }
        }
    }

    let trace: Trace
    let policy: Policy
    let budget: Budget
    let from: Int64
    let seed: UInt64

    /// - Parameters:
    ///   - fromDay: days from the trace's begin that warm up and do not count.
    ///   - seed: for the moments of first checks. The same seed gives the same report.
    public init(trace: Trace, policy: Policy, budget: Budget, fromDay: Double, seed: UInt64 = 1) {
        self.trace = trace
        self.policy = policy
        self.budget = budget
        from = trace.start + Int64(min(1e9, max(0, fromDay)) * 86_400)
        self.seed = seed
    }

    /// - Parameter progress: is told now and then which share of the trace is done, and may end it by an error.
    /// - Throws: what `progress` throws.
    public func run(progress: (Double) throws -> Void = { _ in }) rethrows -> SimulationReport {
        switch policy {
        case .roundRobin: try roundRobin(progress)
        case .adaptive, .adaptiveBulk: try Replay(self).run(progress)
        }
    }

    /// Tags in the order in which they became known.
    var order: [Int32] {
        (0..<Int32(trace.tags)).sorted {
            (trace.listed[Int($0)], $0) < (trace.listed[Int($1)], $1)
        }
    }

    private func roundRobin(_ progress: (Double) throws -> Void) rethrows -> SimulationReport {
        let order = order
        var ledger = Ledger(trace: trace, from: from)
        var bucket = RequestBucket(at: trace.start * 1_000_000)
        var known = 0
        var next = 0
        var day = trace.start
        while true {
            let listed = known < order.count ? trace.listed[Int(order[known])] : .max
            let now = min(bucket.readyAt, trace.end * 1_000_000)
            guard listed == .max || listed * 1_000_000 > now else {
                known += 1
                bucket.setRate(perSecond: budget.rate(tags: known), at: listed * 1_000_000)
                continue
            }
            guard now < trace.end * 1_000_000 else { break }
            bucket.take(at: now)
            ledger.spend(at: now)
            _ = ledger.look(at: Int(order[next]), now: now)
            next = next + 1 < known ? next + 1 : 0
            if now / 1_000_000 > day + 86_400 {
                day = now / 1_000_000
                try progress(share(at: now))
            }
        }
        return ledger.report(policy: policy)
    }

    /// How much of the trace lies before a time in microseconds.
    func share(at now: Int64) -> Double {
        Double(now / 1_000_000 - trace.start) / Double(max(1, trace.end - trace.start))
    }
}
