/// A budget of requests: so many a second, with a small reserve for bursts. Time is an argument.
struct TokenBucket: Sendable {
    let rate: Double
    let capacity: Double
    private var tokens: Double
    private var updated: Duration

    /// - Parameter rate: requests a second; zero, negative or infinite means no limit.
    init(rate: Double, at now: Duration) {
        self.rate = rate > 0 && rate.isFinite ? rate : .infinity
        // A fifth of a second's worth: one check with its challenge and token goes through at once.
        capacity = max(2, rate / 5)
        tokens = capacity
        updated = now
    }

    /// Takes one request's worth if there is one.
    mutating func take(at now: Duration) -> Bool {
        guard rate.isFinite else { return true }
        refill(at: now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// How long until the next request may go.
    mutating func wait(at now: Duration) -> Duration {
        guard rate.isFinite else { return .zero }
        refill(at: now)
        // One more than the rounded number, lest who waits comes back too early again and again.
        return tokens >= 1 ? .zero : Duration(secondsRounded: (1 - tokens) / rate) + .nanoseconds(1)
    }

    private mutating func refill(at now: Duration) {
        guard now > updated else { return }
        tokens = min(capacity, tokens + (now - updated).inSeconds * rate)
        updated = now
    }
}
