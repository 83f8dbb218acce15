/// A text that is not a time of RFC 3339.
public struct TimestampError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given, cut and cleaned.
    public let input: String
    public let reason: String

    init(_ text: some StringProtocol, _ reason: String) {
        input = PrintableText.excerpt(text, limit: 60)
        self.reason = reason
    }

    public var description: String {
        "\"\(input)\" is not a time: \(reason). Write RFC 3339 with an offset, as 2026-01-31T12:00:00Z."
    }
}

// https://www.rfc-editor.org/rfc/rfc3339#section-5.6
extension Timestamp {
    /// A time of RFC 3339 with any offset and up to nine digits of fraction; what is finer than a microsecond is cut.
    public init(parsing text: some StringProtocol) throws(TimestampError) {
        var reader = TimestampReader(bytes: Array(text.utf8.prefix(41)))
        guard let value = reader.read() else { throw TimestampError(text, reader.problem) }
        self.init(microseconds: value)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC; a fraction only where it is not zero, without trailing zeros.
    public var description: String {
        let second = microseconds.flooredQuotient(1_000_000)
        // Wrapping, because the product of the very first moment lies below what Int64 holds.
        var fraction = microseconds &- second &* 1_000_000
        let day = second.flooredQuotient(86_400)
        let inDay = second - day * 86_400
        let (year, month, dayOfMonth) = Self.civil(day: day)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        Self.append(year, digits: 4, to: &text)
        Self.append(month, digits: 2, after: "-", to: &text)
        Self.append(dayOfMonth, digits: 2, after: "-", to: &text)
        Self.append(inDay / 3_600, digits: 2, after: "T", to: &text)
        Self.append(inDay / 60 % 60, digits: 2, after: ":", to: &text)
        Self.append(inDay % 60, digits: 2, after: ":", to: &text)
        if fraction != 0 {
            var digits = 6
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            Self.append(fraction, digits: digits, after: ".", to: &text)
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// By hand: a page or a feed names hundreds of times.
    private static func append(
        _ value: Int64, digits: Int, after separator: Unicode.Scalar? = nil, to text: inout [UInt8]
    ) {
        if let separator { text.append(UInt8(ascii: separator)) }
        if value < 0 { text.append(UInt8(ascii: "-")) }
        var unit = (1..<digits).reduce(1) { unit, _ in unit * 10 } as UInt64
        while value.magnitude / unit >= 10 { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value.magnitude / unit % 10))
            unit /= 10
        }
    }

    /// Days since 1970-01-01 of a Gregorian date. https://howardhinnant.github.io/date_algorithms.html
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

private struct TimestampReader {
    let bytes: [UInt8]
    var position = 0
    var problem = "the form is another"

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() -> Int64? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            skip("T") || skip("t") || skip(" "),
            let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2)
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, year: year) else {
            problem = "there is no such day"
            return nil
        }
        // A leap second is counted as the first second of the next minute.
        guard hour <= 23, minute <= 59, second <= 60 else {
            problem = "there is no such time of day"
            return nil
        }
        guard let fraction = fraction(), let offset = offset() else { return nil }
        guard position == bytes.count else {
            problem = "something follows the time"
            return nil
        }
        let days = Timestamp.days(year: year, month: month, day: day)
        return (days * 86_400 + hour * 3_600 + minute * 60 + second - offset) * 1_000_000 + fraction
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard position + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + digits] {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += digits
        return value
    }

    private mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let digits = bytes[position...].prefix { $0.isDigit }
        guard (1...9).contains(digits.count) else {
            problem = "a fraction of a second has one to nine digits"
            return nil
        }
        position += digits.count
        var value: Int64 = 0
        for index in 0..<6 {
            let digit = index < digits.count ? digits[digits.startIndex + index] - UInt8(ascii: "0") : 0
            value = value * 10 + Int64(digit)
        }
        return value
    }

    /// Seconds east of Greenwich.
    private mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours <= 23, minutes <= 59 else {
            problem = "the offset from UTC is missing or wrong"
            return nil
        }
        return sign * (hours * 3_600 + minutes * 60)
    }

    private static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}

extension Int64 {
    /// Division that rounds down, so that times before 1970 fall on the right day.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
