import OCI

/// A day of the calendar in UTC, by arithmetic alone: a page of strips names thousands of days.
/// https://howardhinnant.github.io/date_algorithms.html#civil_from_days
struct CivilDay: Hashable {
    let year: Int
    /// 1 to 12.
    let month: Int
    let day: Int

    init(_ time: Timestamp) {
        let days = Self.divided(time.microseconds, by: 86_400_000_000)
        // Years that begin in March end with the leap day.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `31 Jan`
    var dayAndMonth: String { "\(day) \(Words.months[month - 1])" }

    /// `31 Jan 2026`
    var date: String { "\(dayAndMonth) \(year)" }

    /// Which of its day's minutes a time lies in, from 0 on.
    static func minute(of time: Timestamp) -> Int {
        let minutes = divided(time.microseconds, by: 60_000_000)
        return minutes - divided(Int64(minutes), by: 1_440) * 1_440
    }

    /// Rounded down, so that times before 1970 fall on the right day.
    private static func divided(_ value: Int64, by divisor: Int64) -> Int {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }
}

extension Words {
    /// `3 Mar 2026`, `3 to 28 Mar 2026`, `28 Feb to 3 Mar 2026`, `31 Dec 2025 to 1 Jan 2026`
    static func dates(_ start: Timestamp, _ end: Timestamp, joint: String) -> String {
        let (first, last) = (CivilDay(start), CivilDay(end))
        let words = last.date
        if first == last { return words }
        if first.year != last.year { return "\(first.date) \(joint) \(words)" }
        return (first.month == last.month ? String(first.day) : first.dayAndMonth) + " \(joint) \(words)"
    }
}
