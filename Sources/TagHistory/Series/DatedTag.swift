import OCI

/// A tag that bears its date: `bookworm-20260803`, `9.4-20260101`, `20260810-slim`, `2026-08-10`, `noble-20260810.1`.
struct DatedTag: Hashable {
    /// What is left without the date: `bookworm`, `9.4`, `slim`; empty for a bare date.
    let stem: String
    /// The beginning of the day, UTC.
    let day: Timestamp
    /// Of several on one day, the later ones count on; 0 where nothing stands there.
    let build: Int

    private static let separators = [UInt8]("-._".utf8)

    /// Nil for a tag without a date; also where the date is no day of a calendar, or one before there were containers.
    init?(_ tag: Tag) {
        let bytes = Array(tag.name.utf8)
        guard let (span, day) = Self.date(in: bytes) else { return nil }
        var end = span.upperBound
        var build = 0
        if let (number, after) = Self.build(in: bytes, from: end) { (build, end) = (number, after) }
        var prefix = bytes[..<span.lowerBound]
        while let last = prefix.last, Self.separators.contains(last) { prefix.removeLast() }
        var suffix = bytes[end...]
        if prefix.isEmpty { while let first = suffix.first, Self.separators.contains(first) { suffix.removeFirst() } }
        stem = String(decoding: prefix + suffix, as: UTF8.self)
        self.day = day
        self.build = build
    }

    /// The last eight digits in a row, or 4-2-2 with one separator, that are a date.
    private static func date(in bytes: [UInt8]) -> (Range<Int>, Timestamp)? {
        var found: (Range<Int>, Timestamp)?
        var start = 0
        while start + 8 <= bytes.count {
            defer { start += 1 }
            guard isDigit(bytes[start]), start == 0 || !isDigit(bytes[start - 1]) else { continue }
            for (length, digits) in [(8, [0, 1, 2, 3, 4, 5, 6, 7]), (10, [0, 1, 2, 3, 5, 6, 8, 9])] {
                let end = start + length
                guard end <= bytes.count, end == bytes.count || !isDigit(bytes[end]),
                    digits.allSatisfy({ isDigit(bytes[start + $0]) }),
                    length == 8 || (separators.contains(bytes[start + 4]) && bytes[start + 4] == bytes[start + 7]),
                    let day = day(digits.map { bytes[start + $0] })
                else { continue }
                found = (start..<end, day)
            }
        }
        return found
    }

    private static func day(_ digits: [UInt8]) -> Timestamp? {
        let text = String(decoding: digits, as: UTF8.self)
        guard text >= "2013" else { return nil }
        let (year, rest) = (text.prefix(4), text.dropFirst(4))
        return try? Timestamp(parsing: "\(year)-\(rest.prefix(2))-\(rest.suffix(2))T00:00:00Z")
    }

    /// `.1` or `-2` at the end, or before the next separator; up to three digits.
    private static func build(in bytes: [UInt8], from start: Int) -> (Int, Int)? {
        guard start + 1 < bytes.count, bytes[start] == UInt8(ascii: ".") || bytes[start] == UInt8(ascii: "-") else {
            return nil
        }
        let digits = bytes[(start + 1)...].prefix { isDigit($0) }
        guard (1...3).contains(digits.count),
            digits.endIndex == bytes.count || separators.contains(bytes[digits.endIndex])
        else { return nil }
        return (digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, digits.endIndex)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
