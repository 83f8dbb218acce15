/// Time as the limiter and the token cache see it, so that tests can turn it by hand.
struct TimeSource: Sendable {
    /// Time since this value was made; never goes back.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    }
}

extension Duration {
    init(secondsRounded seconds: Double) {
        // A duration of a century stands for everything longer, and for what is no number.
        self = seconds.isNaN || seconds > 3e9 ? .seconds(3_000_000_000) : .nanoseconds(Int64(max(0, seconds) * 1e9))
    }

    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// As text for people: `0.5 s`, `90 s`, `10 min`, `2.5 h`; rather more than less.
    var text: String {
        let (size, unit) =
            switch inSeconds {
            case 7_200...: (3_600.0, "h")
            case 120...: (60.0, "min")
            default: (1.0, "s")
            }
        let tenths = (inSeconds / size * 10).rounded(.up)
        let isWhole = tenths >= 100 || tenths.truncatingRemainder(dividingBy: 10) == 0
        return (isWhole ? "\(Int((tenths / 10).rounded(.up)))" : "\(tenths / 10)") + " " + unit
    }
}
