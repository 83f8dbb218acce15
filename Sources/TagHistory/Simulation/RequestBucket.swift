/// What may be spent: a rate of requests, of which a second's worth is kept at most, as of a host's turns in the store.
/// Times are microseconds since 1970.
struct RequestBucket {
    /// Requests a microsecond.
    private var rate = 0.0
    /// When the next request may be made: fractions add up.
    private var ready: Double

    private static let kept = 1e6

    init(at now: Int64) { ready = Double(now) }

    /// What was earned so far is kept.
    mutating func setRate(perSecond: Double, at now: Int64) {
        let wait = rate > 0 ? (ready - Double(now)) * rate : 1
        rate = perSecond / 1e6
        ready = rate > 0 ? Double(now) + wait / rate : .infinity
    }

    var readyAt: Int64 { Int64(exactly: ready.rounded(.up)) ?? .max }

    /// More than one where one question costs several; the next question waits for them.
    mutating func take(_ requests: Int = 1, at now: Int64) {
        // One is there now, and what the kept time has earned beside it.
        ready = max(ready, Double(now) - max(0, Self.kept - 1 / rate)) + Double(requests) / rate
    }
}
