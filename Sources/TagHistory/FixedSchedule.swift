public import OCI

/// When a tag is checked next while every tag has the same interval.
public struct FixedSchedule: Sendable {
    /// Seconds between two checks of a tag.
    public let interval: Double

    /// Two hours, where nothing else is wished.
    public static let standard = FixedSchedule(interval: 7_200)

    /// A failure may pass soon, so the first retries come early: after 2, 4, 8 … minutes, never later than a check.
    private static let firstRetry = 120.0

    public init(interval: Double) { self.interval = interval }

    /// - Parameters:
    ///   - failures: checks failed in a row, this one included; 0 for one that succeeded.
    ///   - retryAfter: seconds that the registry asked for.
    public func nextCheck(after time: Timestamp, failures: Int = 0, retryAfter: Double = 0) -> Timestamp {
        guard failures > 0 else { return time.advanced(bySeconds: interval) }
        let pause = min(interval, Self.firstRetry * Double(1 << min(failures - 1, 16)))
        return time.advanced(bySeconds: max(pause, retryAfter))
    }
}
