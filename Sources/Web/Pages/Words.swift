import OCI
import Store
import TagHistory

/// Numbers and times for people. Everything is UTC, so that a shared link says the same to everybody.
enum Words {
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `1,234,567`
    static func number(_ value: Int) -> String {
        var text = ""
        let digits = String(value.magnitude)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.utf8.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `1 update`, `1,234 updates`
    static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(number(value)) \(value == 1 ? singular : plural ?? singular + "s")"
    }

    /// A length of time in days: `12 minutes`, `18 hours`, `6.8 days`, `41 days`, `2.5 years`.
    static func days(_ days: Double) -> String { length(days, .toNearestOrAwayFromZero) }

    /// How long ago, of which no more is said than has passed: the same as `relative` in finer units.
    static func age(_ days: Double) -> String { length(days, .down) }

    /// What nothing was longer than, as a rhythm's reason has it: see `Rhythm.ceiling`.
    static func longest(_ days: Double) -> String { atMost(max(days - 10 / 1_440, min(days, 1.0 / 24))) }

    /// How long something was at most: the next whole unit, so that it stays true.
    static func atMost(_ days: Double) -> String { length(max(0, days), .up) }

    /// How long ago the last update was: `3 days ago`; where it was found after days without a look, `3 to 17 days ago` or
    /// `in the last 17 days`.
    static func lastUpdate(_ days: Double, between: ClosedRange<Double>?) -> String {
        guard let between else { return age(days) + " ago" }
        let longest = atMost(between.upperBound)
        guard between.lowerBound >= between.upperBound / 10 else { return "in the last " + longest }
        let (shortest, unit) = (length(between.lowerBound, .down), longest.drop { $0 != " " })
        return shortest.dropLast(shortest.hasSuffix(unit) ? unit.count : 0) + " to " + longest + " ago"
    }

    /// How old a tag's newest digest is: `3 days`; no more is known of one that was there when the tag was first seen, nor
    /// of one that was found after days without a look.
    static func digestAge(_ tag: TrackedTag, _ pulse: Pulse, now: Timestamp) -> String? {
        guard let changed = tag.lastChangedAt else {
            return tag.firstSeenAt.map { seen in
                let days = max(0, now.days(since: seen))
                return "at least " + (days * 1_440 < 1 ? "some seconds" : age(days))
            }
        }
        if let gap = pulse.gap(before: changed) {
            return "at most " + atMost(now.days(since: gap.lowerBound))
        }
        return age(max(0, now.days(since: changed)))
    }

    private static func length(_ days: Double, _ rule: FloatingPointRoundingRule) -> String {
        guard days.isFinite else { return "unknown" }
        func whole(_ value: Double) -> Int { Int(value.rounded(rule)) }
        let minutes = days * 1_440
        if whole(minutes) < 1 { return "under a minute" }
        if minutes < 90 { return count(whole(minutes), "minute") }
        if days < 2 { return count(whole(days * 24), "hour") }
        if days < 9.95 { return tenths(days, rule) + " days" }
        if days < 730 { return count(whole(days), "day") }
        return tenths(days / 365.25, rule) + " years"
    }

    /// `3 days ago`, `in 5 minutes`, `just now`
    static func relative(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = now.seconds(since: time)
        let distance = abs(seconds)
        if distance < 45 { return seconds < 0 ? "in a moment" : "just now" }
        let units: [(limit: Double, length: Double, name: String)] = [
            (3_600, 60, "minute"), (2 * 86_400, 3_600, "hour"), (61 * 86_400, 86_400, "day"),
            (730 * 86_400, 30.44 * 86_400, "month"),
        ]
        let unit = units.first { distance < $0.limit } ?? (0, 365.25 * 86_400, "year")
        let words = count(max(1, Int((distance / unit.length).rounded(.down))), unit.name)
        return seconds < 0 ? "in \(words)" : "\(words) ago"
    }

    /// `31 Jan 2026`
    static func date(_ time: Timestamp) -> String { CivilDay(time).date }

    /// `31 Jan 2026, 12:00 UTC`
    static func time(_ time: Timestamp) -> String { "\(date(time)), \(clock(time)) UTC" }

    /// `between 31 Jan 2026, 11:00 and 12:00 UTC`; the day is said once where it is the same.
    static func span(from start: Timestamp, to end: Timestamp) -> String {
        let (first, last) = (CivilDay(start), CivilDay(end))
        if first == last, clock(start) == clock(end) { return time(end) }
        let day = first == last ? "" : last.date + ", "
        return "between \(first.date), \(clock(start)) and \(day)\(clock(end)) UTC"
    }

    /// `12:00`
    private static func clock(_ time: Timestamp) -> String {
        let minute = CivilDay.minute(of: time)
        let (hours, minutes) = (minute / 60, minute % 60)
        return "\(hours / 10)\(hours % 10):\(minutes / 10)\(minutes % 10)"
    }

    /// The first letter in upper case, a full stop at the end.
    static func sentence(_ text: String) -> String {
        let capital = capital(text)
        return capital.utf8.last == UInt8(ascii: ".") ? capital : capital + "."
    }

    /// With the first letter in upper case, if it is one of ASCII: our own words are, and a list's page has hundreds.
    static func capital(_ text: String) -> String {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return text }
        return String(Character(UnicodeScalar(first - 0x20))) + text.dropFirst()
    }

    /// For an axis: `15k`, `2.5M`
    static func compact(_ value: Int) -> String {
        switch value {
        case 1_000_000...: tenths(Double(value) / 1_000_000) + "M"
        case 1_000...: tenths(Double(value) / 1_000) + "k"
        default: String(value)
        }
    }

    /// `0.25`
    static func hundredths(_ value: Double) -> String {
        let hundredths = Int((min(value, 1e6) * 100).rounded())
        return "\(number(hundredths / 100)).\(hundredths / 10 % 10)\(hundredths % 10)"
    }

    static func tenths(
        _ value: Double, _ rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
    ) -> String {
        let tenths = Int((value * 10).rounded(rule))
        return tenths % 10 == 0 ? number(tenths / 10) : "\(number(tenths / 10)).\(abs(tenths % 10))"
    }
}
