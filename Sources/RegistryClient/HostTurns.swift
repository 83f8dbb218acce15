/// Where a gate's turns come from: a bucket of its own, or what the shared budget granted. Time is an argument.
struct HostTurns: Sendable {
    private enum Source {
        case unlimited
        case own(TokenBucket)
        case shared(Allotment)
    }

    /// Requests a second; nil: no limit.
    let rate: Double?
    let capacity: Double
    private var source: Source
    /// Requests a second, lately.
    private var usage = 0.0
    private var taken = 0
    private var countedFrom: Duration
    private var wanted = 0
    private var wantedAt: Duration = .seconds(-1)

    /// Requests a second from which on turns are asked for ahead.
    private static let leastFlow = 4.0
    /// A check with its challenge goes through at once.
    private static let least = 2

    init(rate: Double, isShared: Bool, at now: Duration) {
        let bucket = TokenBucket(rate: rate, at: now)
        self.rate = bucket.rate.isFinite ? bucket.rate : nil
        capacity = bucket.capacity
        source = !bucket.rate.isFinite ? .unlimited : isShared ? .shared(Allotment()) : .own(bucket)
        countedFrom = now
    }

    mutating func take(at now: Duration) -> Bool {
        switch source {
        case .unlimited: return true
        case .own(var bucket):
            defer { source = .own(bucket) }
            return bucket.take(at: now)
        case .shared(var allotment):
            defer { source = .shared(allotment) }
            guard allotment.take(at: now) else { return false }
            taken += 1
            return true
        }
    }

    /// Until the next turn; nil where one has to be asked for.
    mutating func wait(at now: Duration) -> Duration? {
        switch source {
        case .unlimited: return .zero
        case .own(var bucket): return bucket.wait(at: now)
        case .shared(var allotment): return allotment.wait(at: now)
        }
    }

    /// Whether the granted turns will be used up before an answer could bring more.
    mutating func runShort(at now: Duration) -> Bool {
        guard case .shared(var allotment) = source else { return false }
        let flow = flow(at: now)
        return flow >= Self.leastFlow && Double(allotment.left(at: now)) < flow / 4
    }

    /// How many turns to ask for: about a second's worth of what is used.
    mutating func demand(waiting: Int, at now: Duration) -> Int {
        guard case .shared(var allotment) = source else { return 0 }
        let flow = flow(at: now)
        if now - countedFrom >= .seconds(1) {
            usage = Double(taken) / (now - countedFrom).inSeconds
            (taken, countedFrom) = (0, now)
        }
        let left = allotment.left(at: now)
        // Nothing ahead for who asks seldom: what is not used in time is lost for all.
        guard waiting > 0 || flow >= Self.leastFlow, left == 0 || Double(left) < flow / 4 else { return 0 }
        // Where turns ran out soon, more is wanted than the use so far shows.
        let more = left == 0 && now - wantedAt < .milliseconds(500) ? 4 * wanted : 0
        wanted = min(max(waiting, Int(min(flow * 1.25, 1e9)), more, Self.least), 1_000_000_000)
        wantedAt = now
        return wanted
    }

    private func flow(at now: Duration) -> Double {
        max(usage, Double(taken) / max(0.25, (now - countedFrom).inSeconds))
    }

    mutating func add(_ count: Int, first: Duration, at now: Duration) {
        guard case .shared(var allotment) = source, let rate else { return }
        allotment.add(count, first: first, step: Duration(secondsRounded: 1 / rate), at: now)
        source = .shared(allotment)
    }
}
