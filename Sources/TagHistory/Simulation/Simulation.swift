/// Replays a trace of changes through the code that the worker schedules with, or through round-robin for comparison.
///
/// Checks take no time and never fail. What is known of a tag when it is first listed is current. Each registry is a lane
/// with a budget of its own.
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
        /// Of each registry.
        case requestsPerSecond(Double)

        /// Requests a second.
        func rate(tags: Int) -> Double {
            let wish =
                switch self {
                case .hours(let hours): Double(tags) / (hours * 3_600)
                case .requestsPerSecond(let rate): rate
                }
            return LaneSchedule.requestsPerDay(atMost: wish, tags: tags) / 86_400
        }
    }

    private(set) var trace: Trace
    let policy: Policy
    let budget: Budget
    let from: Int64
    private(set) var seed: UInt64

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
        let lanes = trace.lanes
        var whole: Ledger?
        var done = 0
        for (index, lane) in lanes.enumerated() {
            var part = self
            part.trace = lane
            part.seed = seed &+ UInt64(index)
            let ledger = try part.lane { time in
                let share = Double(time / 1_000_000 - trace.start) / Double(max(1, trace.end - trace.start))
                try progress((Double(done) + share * Double(lane.tags)) / Double(trace.tags))
            }
            whole = whole?.joined(with: ledger) ?? ledger
            done += lane.tags
            // Its last check comes before the trace's end.
            try progress(Double(done) / Double(trace.tags))
        }
        return (whole ?? Ledger(trace: trace, from: from)).report(policy: policy)
    }

    /// - Parameter progress: is told the time, in microseconds since 1970.
    private func lane(_ progress: (Int64) throws -> Void) rethrows -> Ledger {
        var ledger =
            switch policy {
            case .roundRobin: try roundRobin(progress)
            case .adaptive, .adaptiveBulk: try Replay(self).run(progress)
            }
        ledger.close()
        return ledger
    }

    private func roundRobin(_ progress: (Int64) throws -> Void) rethrows -> Ledger {
        let order = trace.order
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
                try progress(now)
            }
        }
        return ledger
    }
}
