import OCI

/// The time that a strip shows, from left to right.
struct StripAxis: Hashable, Sendable {
    struct Tick: Hashable, Sendable {
        /// 0 to 100.
        let percent: Double
        /// Nil for a line without text.
        let label: String?
        /// Left out on a phone.
        let isMinor: Bool
    }

    let start: Timestamp
    let end: Timestamp
    /// How many pixels wide it is thought: what is closer than a mark's width becomes one mark, and texts need room.
    let width: Double

    static let widths = 280.0...1_600.0

    init(from start: Timestamp, to end: Timestamp, width: Double) {
        // Nothing is judged by less than four weeks, and no image is older than containers by far.
        let earliest = end.advanced(bySeconds: -60 * 365.25 * 86_400)
        self.start = max(earliest, min(start, end.advanced(bySeconds: -28 * 86_400)))
        self.end = end
        self.width = min(max(width.isFinite ? width : 720, Self.widths.lowerBound), Self.widths.upperBound)
    }

    /// The last 52 weeks: the same axis for every row of a table.
    static func year(to now: Timestamp, width: Double = 312) -> StripAxis {
        StripAxis(from: now.advanced(bySeconds: -364 * 86_400), to: now, width: width)
    }

    /// A whole history, with a little room before its beginning.
    static func history(from first: Timestamp?, to now: Timestamp, width: Double = 720) -> StripAxis {
        let first = min(first ?? now, now)
        let room = max(3, now.days(since: first) * 0.02)
        return StripAxis(from: first.advanced(bySeconds: -room * 86_400), to: now, width: width)
    }

    /// The longest of several histories, to compare them on.
    static func histories(from firsts: [Timestamp?], to now: Timestamp, width: Double = 720) -> StripAxis {
        history(from: firsts.compactMap(\.self).min(), to: now, width: width)
    }

    var days: Double { end.days(since: start) }

    func percent(_ time: Timestamp) -> Double {
        min(100, max(0, time.days(since: start) / days * 100))
    }

    func pixels(_ days: Double) -> Double { days / self.days * width }

    func contains(_ time: Timestamp) -> Bool { time >= start && time <= end }

    /// What is left of the width on a phone.
    private var phone: Double { min(1, 340 / width) }
    /// Pixels that `2026` and `14 Feb` take with some room.
    private static let (monthWidth, dayWidth) = (46.0, 56.0)

    /// Weeks, months or years, as many as have room for their names.
    var ticks: [Tick] {
        let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600]
        if days < 100 { return weeks }
        let step = steps.first { pixels(Double($0) * 30.44) >= Self.monthWidth } ?? 1_200
        let phoneStep =
            steps.first { $0.isMultiple(of: step) && pixels(Double($0) * 30.44) * phone >= Self.monthWidth } ?? 1_200
        var ticks: [Tick] = []
        let first = CivilDay(start)
        var month = (first.year * 12 + first.month - 1) / step * step
        while let time = Self.time(year: month / 12, month: month % 12 + 1), time <= end {
            if time >= start {
                let label = month % 12 == 0 ? String(month / 12) : Words.months[month % 12]
                ticks.append(
                    Tick(percent: percent(time), label: label, isMinor: !month.isMultiple(of: phoneStep)))
            }
            month += step
        }
        return ticks
    }

    private var weeks: [Tick] {
        let step = [7.0, 14, 28].first { pixels($0) >= Self.dayWidth } ?? 28
        let every = max(1, Int((Self.dayWidth / (pixels(step) * phone)).rounded(.up)))
        var ticks: [Tick] = []
        var time = end
        while time >= start, ticks.count < 30 {
            ticks.append(
                Tick(
                    percent: percent(time), label: CivilDay(time).dayAndMonth,
                    isMinor: !ticks.count.isMultiple(of: every)))
            time = time.advanced(bySeconds: -step * 86_400)
        }
        return ticks.reversed()
    }

    /// The month's first moment; nil for years that are written otherwise.
    private static func time(year: Int, month: Int) -> Timestamp? {
        func padded(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return try? Timestamp(parsing: "\(padded(year, 4))-\(padded(month, 2))-01T00:00:00Z")
    }
}
