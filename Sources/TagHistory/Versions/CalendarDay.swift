import OCI

/// A day that a tag names.
struct CalendarDay: Hashable, Comparable, Sendable {
    /// Nobody tagged images before, and nobody does so for the day after tomorrow.
    static let years: ClosedRange<UInt64> = 1990...2199

    /// Days since 1970-01-01.
    let days: Int64
    /// 20240501 for 2024-05-01.
    let number: UInt64

    /// - Parameter bytes: what begins with `20240501`; four or six digits behind it have to be a time of day.
    init?(compact bytes: ArraySlice<UInt8>) {
        let digits = bytes.prefix(15).prefix { $0.isDigit }
        let at = digits.startIndex
        guard digits.count == 8 || digits.count == 12 || digits.count == 14 else { return nil }
        if digits.count > 8, Self.value(digits[(at + 8)..<(at + 10)]) > 23 { return nil }
        if digits.count > 8, Self.value(digits[(at + 10)..<(at + 12)]) > 59 { return nil }
        if digits.count > 12, Self.value(digits[(at + 12)..<(at + 14)]) > 60 { return nil }
        self.init(
            year: Self.value(digits[at..<(at + 4)]), month: Self.value(digits[(at + 4)..<(at + 6)]),
            day: Self.value(digits[(at + 6)..<(at + 8)]))
    }

    /// - Parameter bytes: what begins with `2024-05-01` or, with another separator, `2024.05.01`.
    init?(dashed bytes: ArraySlice<UInt8>, separator: UInt8 = UInt8(ascii: "-")) {
        guard bytes.count >= 10 else { return nil }
        let at = bytes.startIndex
        for (index, byte) in bytes.prefix(10).enumerated() {
            guard index == 4 || index == 7 ? byte == separator : byte.isDigit else { return nil }
        }
        self.init(
            year: Self.value(bytes[at..<(at + 4)]), month: Self.value(bytes[(at + 5)..<(at + 7)]),
            day: Self.value(bytes[(at + 8)..<(at + 10)]))
    }

    private init?(year: UInt64, month: UInt64, day: UInt64) {
        guard Self.years.contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let date = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day))
        days = date.days
        // The 31st of April is the 1st of May.
        guard CivilDate(days: days) == date else { return nil }
        number = year * 10_000 + month * 100 + day
    }

    private static func value(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reduce(0) { $0 * 10 + UInt64($1 &- 0x30) }
    }

    /// Whether a number may be one of a date: `20240501`, or with a time of day.
    static func isNumber(_ number: VersionNumber) -> Bool {
        guard let value = number.small else { return false }
        return [1, 10_000, 1_000_000].contains { years.contains(value / $0 / 10_000) }
    }

    var start: Timestamp { Timestamp(microseconds: days * CivilDate.dayMicroseconds) }

    static func < (left: Self, right: Self) -> Bool { left.days < right.days }
}
