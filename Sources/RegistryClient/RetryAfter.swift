import OCI

/// How long a host asks to be left alone, in the forms in which registries say it.
enum RetryAfter {
    /// A Retry-After header: seconds or an HTTP date. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    ///
    /// - Returns: nil where there is no such header or it cannot be read; zero for a moment that is over.
    static func parse(header: String?, now: Timestamp) -> Duration? {
        guard let header, header.utf8.count <= 64 else { return nil }
        let text = header.trimmedOfBlanks
        if let seconds = seconds(text) { return seconds }
        guard let date = HTTPDate.parse(text) else { return nil }
        return Duration(secondsRounded: max(0, date.seconds(since: now)))
    }

    /// A moment as a unix time: X-Retry-After of Docker Hub's own API, X-RateLimit-Reset of GitHub and GitLab. Smaller
    /// numbers are seconds from now, as in the draft of RateLimit-Reset.
    ///
    /// - Returns: nil where there is no such header or it cannot be read; zero for a moment that is over.
    static func parse(moment: String?, now: Timestamp) -> Duration? {
        guard let moment, moment.utf8.count <= 32, let number = seconds(moment.trimmedOfBlanks) else { return nil }
        guard number >= .seconds(100_000_000) else { return number }
        return Duration(secondsRounded: max(0, number.inSeconds - now.secondsSinceEpoch))
    }

    /// GHCR's `retry-after: 1.05ms, allowed: 44000/minute` in the body of a 429.
    static func parse(body: some Collection<UInt8>) -> Duration? {
        let text = String(decoding: body.prefix(4_096), as: UTF8.self).lowercased()
        guard let found = text.utf8.firstRange(of: "retry-after: ".utf8) else { return nil }
        let rest = text[found.upperBound...]
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = rest.dropFirst(number.count).prefix { $0.isLetter || $0 == "µ" }
        guard let value = Double(number), number.count <= 12 else { return nil }
        let factors: [Substring: Double] = [
            "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3_600,
        ]
        guard let factor = factors[unit] ?? (unit.isEmpty ? 1 : nil) else { return nil }
        return Duration(secondsRounded: value * factor)
    }

    private static func seconds(_ text: Substring) -> Duration? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(text)
        else { return nil }
        return Duration(secondsRounded: value)
    }
}

/// The three forms of an HTTP date, all in GMT. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
enum HTTPDate {
    private static let months = [
        "jan": "01", "feb": "02", "mar": "03", "apr": "04", "may": "05", "jun": "06",
        "jul": "07", "aug": "08", "sep": "09", "oct": "10", "nov": "11", "dec": "12",
    ]

    static func parse(_ text: some StringProtocol) -> Timestamp? {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.lowercased().split { $0 == " " || $0 == "," || $0 == "-" }
        switch parts.count {
        // Sun, 06 Nov 1994 08:49:37 GMT · Sunday, 06-Nov-94 08:49:37 GMT
        case 6 where parts[5] == "gmt" || parts[5] == "utc":
            return timestamp(day: parts[1], month: parts[2], year: parts[3], time: parts[4])
        // Sun Nov  6 08:49:37 1994
        case 5: return timestamp(day: parts[2], month: parts[1], year: parts[4], time: parts[3])
        default: return nil
        }
    }

    private static func timestamp(day: Substring, month: Substring, year: Substring, time: Substring) -> Timestamp? {
        guard let month = months[String(month)] else { return nil }
        // A year of two digits is the nearest: 70 to 99 lie in the last century.
        let fullYear = year.utf8.count == 2 ? (year >= "70" ? "19" : "20") + year : String(year)
        let fullDay = day.utf8.count == 1 ? "0" + day : String(day)
        return try? Timestamp(parsing: "\(fullYear)-\(month)-\(fullDay)T\(time)Z")
    }
}

extension StringProtocol {
    var trimmedOfBlanks: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[start...end]
    }
}
