#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A moment in UTC with the resolution that PostgreSQL keeps: microseconds.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z, negative before it.
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Values that microseconds cannot hold become the nearest that they can.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Values that microseconds cannot hold become the nearest that they can; not-a-number becomes 1970.
    public init(secondsSinceEpoch seconds: Double) {
        microseconds = Self.rounded(seconds * 1_000_000)
    }

    /// The system's clock. Only for wiring: logic takes its time as an argument.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    public var secondsSinceEpoch: Double { Double(microseconds) / 1_000_000 }

    public func advanced(bySeconds seconds: Double) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(Self.rounded(seconds * 1_000_000))
        return Timestamp(microseconds: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// Seconds from `other` to here: negative where `other` is later.
    public func seconds(since other: Timestamp) -> Double {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(other.microseconds)
        return overflow ? secondsSinceEpoch - other.secondsSinceEpoch : Double(difference) / 1_000_000
    }

    /// Days of 86,400 seconds from `other` to here.
    public func days(since other: Timestamp) -> Double {
        seconds(since: other) / 86_400
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    private static func rounded(_ value: Double) -> Int64 {
        guard !value.isNaN else { return 0 }
        return Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(parsing: container.decode(String.self))
        } catch let error as TimestampError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
