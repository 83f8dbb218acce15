import Foundation
import OCI

/// The updates of one tag on a time axis, and what follows from them.
///
/// Times are microseconds since 1970 in a Double, which holds them exactly for 140 years from then; so sums and
/// differences of them have no rounding errors, and only results become days.
struct Evaluation {
    static let day = 86_400_000_000.0
    static let windowDays = 365.0

    let updates: [Episode]
    let flaps: Int
    let reverts: Int
    /// The updates whose event lies after the window's begin.
    let inWindow: ArraySlice<Episode>
    let firstSeen: Double
    let lastSeen: Double
    let now: Double
    /// W0: a year ago, or the first sighting if that is later.
    let windowStart: Double
    let arrivals: ArrivalRate
    let life: Life

    init(episodes: [Episode], firstSeen: Timestamp, lastSeen: Timestamp, now: Timestamp) {
        let updates = episodes.filter { $0.outcome == .update }
        let (first, last, time) = (
            Double(firstSeen.microseconds), Double(lastSeen.microseconds), Double(now.microseconds)
        )
        let start = max(first, time - Self.windowDays * Self.day)
        let inWindow = updates.drop { $0.event <= start }
        self.updates = updates
        flaps = episodes.count { $0.outcome == .flap }
        reverts = episodes.count { $0.outcome == .revert }
        self.inWindow = inWindow
        self.firstSeen = first
        self.lastSeen = last
        self.now = time
        windowStart = start
        arrivals = ArrivalRate(spans: inWindow.map { $0.end - max($0.begin, start) }, exposure: last - start)
        // Mostly the window is the whole history, and the second search would find what the first has found.
        let whole =
            start == first ? arrivals : ArrivalRate(spans: updates.map { $0.end - $0.begin }, exposure: last - first)
        life = Life(
            events: whole.effectiveCount, lastEventDays: updates.last.map { ($0.event - first) / Self.day } ?? 0,
            ageDays: (time - first) / Self.day)
    }

    /// - Parameters:
    ///   - lastSucceededAt: the last successful check; a 404 is none.
    ///   - newestSeenAt: the newest row with a digest.
    ///   - before: what came next, or the tag's absence, was after this.
    static func lastSuccess(
        _ lastSucceededAt: Timestamp?, newestSeenAt: Timestamp?, before: Timestamp?, asOf time: Timestamp
    ) -> Timestamp {
        let last = min(time, lastSucceededAt ?? newestSeenAt ?? time, before ?? time)
        return newestSeenAt.map { max(last, $0) } ?? last
    }

    var observedDays: Double { (lastSeen - firstSeen) / Self.day }
    /// E: how much of the window was watched. Not positive where the last successful check lies before it.
    var exposureDays: Double { (lastSeen - windowStart) / Self.day }
    var isFullWindow: Bool { windowStart > firstSeen }

    var openDays: Double? { updates.last.map { (now - $0.event) / Self.day } }

    /// Since the end and the begin of the span of days in which the last update was; nil where it is known better.
    var openDaysBetween: ClosedRange<Double>? {
        guard let last = updates.last, last.isVague else { return nil }
        return max(0, (now - last.end) / Self.day)...max(0, (now - last.begin) / Self.day)
    }

    /// The last update may be half as old as is reckoned, or less.
    var isLastVague: Bool { openDaysBetween.map { $0.lowerBound * 2 < openDays ?? 0 } ?? false }

    /// The time before the first update, where that is not known to have followed another.
    var firstPartialDays: Double? {
        guard let first = updates.first else { return (now - firstSeen) / Self.day }
        return first.event > windowStart ? (first.event - firstSeen) / Self.day : nil
    }

    /// Days between successive updates, the later one in the window.
    var intervals: [Double] { intervals(endingAt: inWindow.startIndex) }

    private func intervals(endingAt index: Int) -> [Double] {
        (max(index, 1)..<max(updates.count, 1)).map { (updates[$0].event - updates[$0 - 1].event) / Self.day }
    }

    /// By how much one of the intervals may be shorter or longer, where its ends were found after days without a look; nil
    /// where that is little beside the longest one.
    var intervalUncertaintyDays: Double? {
        var most = 0.0
        for index in max(inWindow.startIndex, 1)..<max(updates.count, 1) {
            most = max(most, updates[index - 1].vagueness + updates[index].vagueness)
        }
        most /= Self.day
        guard most > 0, let longest = intervals.max(), most > longest * Self.smallUncertainty else { return nil }
        return most
    }

    private static let smallUncertainty = 0.22

    var rate: Statistics.Rate {
        guard exposureDays > 0 else { return .init() }
        guard !inWindow.isEmpty else { return .init(atMost95: -log(0.05) / exposureDays) }
        // Jeffreys' prior: Gamma(½ + k*, E).
        let shape = 0.5 + arrivals.effectiveCount
        return .init(
            perDay: shape / exposureDays, low95: GammaDistribution.quantile(0.025, shape: shape) / exposureDays,
            high95: GammaDistribution.quantile(0.975, shape: shape) / exposureDays)
    }

    var interval: Statistics.Interval {
        let ordered = intervals.sorted()
        let count = ordered.count
        var result = Statistics.Interval()
        result.worstGapDays = [ordered.last, openDays, firstPartialDays].compactMap(\.self).max()
        let firstEver = ((updates.first?.event ?? now) - firstSeen) / Self.day
        result.worstGapDaysEver = [intervals(endingAt: 1).max(), openDays, firstEver].compactMap(\.self).max()
        guard count > 0 else { return result }
        let mean = ordered.reduce(0, +) / Double(count)
        result.meanDays = mean
        result.medianDays = OrderStatistics.median(ordered)
        result.longestDays = ordered.last
        if count >= 3, mean > 0 {
            let squares = ordered.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            result.variation = (squares / Double(count - 1)).squareRoot() / mean
        }
        if count >= 6 {
            let rank = OrderStatistics.medianRank(count)
            result.medianLow95 = ordered[rank - 1]
            result.medianHigh95 = ordered[count - rank]
        }
        return result
    }

    /// - Parameter changes: how many count.
    /// - Parameter newest: the newest row that bears a digest; nil where that is a return.
    func rhythm(changes: Int, newest: Timestamp?, superseded: Bool) -> Rhythm {
        Rhythm(
            Rhythm.Grounds(
                updates: updates.count, updatesInWindow: inWindow.count, changes: changes,
                intervals: intervals.sorted(), firstPartial: firstPartialDays, open: openDays,
                uncertainty: intervalUncertaintyDays, openBetween: openDaysBetween, isLastVague: isLastVague,
                unmoved: newest.map { (now - Double($0.roundedDown.microseconds)) / Self.day },
                alive: life.alive,
                ageDays: life.ageDays, unseenDays: (now - lastSeen) / Self.day, windowDays: exposureDays,
                isFullWindow: isFullWindow,
                isSuperseded: superseded))
    }

    var trend: Statistics.Trend {
        guard inWindow.count >= 4, exposureDays > 0 else { return .init() }
        let count = Double(inWindow.count)
        let mean = inWindow.reduce(0) { $0 + ($1.event - windowStart) / Self.day } / count
        let u = (mean - exposureDays / 2) / (exposureDays * (1 / (12 * count)).squareRoot())
        return .init(u: u, direction: u > 1.96 ? .faster : u < -1.96 ? .slower : .steady)
    }
}
