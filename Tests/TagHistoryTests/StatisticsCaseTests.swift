import OCI
import Testing

@testable import TagHistory

/// The worked cases that came with the definitions, and random ones computed by Resources/statistics-reference.py with
/// scipy.
@Suite struct StatisticsCaseTests {
    @Test(arguments: try StatisticsCase.load("statistics-cases"))
    func workedCase(_ one: StatisticsCase) throws {
        try check(one)
    }

    @Test(arguments: try StatisticsCase.load("random-statistics-cases"))
    func randomCase(_ one: StatisticsCase) throws {
        try check(one)
    }

    @Test func thereAreCases() throws {
        #expect(try StatisticsCase.load("statistics-cases").count == 13)
        #expect(try StatisticsCase.load("random-statistics-cases").count == 100)
    }

    private func check(_ one: StatisticsCase) throws {
        let rows = try one.rows()
        let (input, expected) = (one.input, one.expected)
        let now = StatisticsCase.time(input.now)
        let seen = StatisticsCase.time(input.first_seen)
        let last = StatisticsCase.time(input.last_poll)
        let statistics = Statistics(
            changes: rows, firstSeenAt: seen, lastSucceededAt: last, superseded: input.superseded ?? false, asOf: now)
        #expect(statistics.changes == expected.changes)
        #expect(statistics.updates == expected.updates)
        #expect(statistics.flaps == expected.flaps)
        #expect(statistics.reverts == expected.reverts)
        #expect(statistics.updatesInWindow == expected.updates_in_window)
        #expect(statistics.rhythm.word?.rawValue == expected.rhythm)
        #expect(statistics.rhythm.days == expected.rhythm_days)
        #expect(statistics.rhythm.overdue == expected.overdue)
        #expect(statistics.rhythm.evidence.rawValue == expected.evidence)
        let arrivals = Evaluation(episodes: Episode.all(in: rows), firstSeen: seen, lastSeen: last, now: now).arrivals
        if statistics.windowDays > 0 {
            #expect(
                isClose(arrivals.maximumLikelihood.map { $0 * Evaluation.day }, expected.rate_mle_per_day))
            #expect(isClose(arrivals.effectiveCount, expected.k_star))
        }
        let numbers: [(String, Double?, Double?)] = [
            ("observed", statistics.observedDays, expected.observed_days),
            ("window", statistics.windowDays, expected.window_days),
            ("rate", statistics.rate.perDay, expected.rate_per_day),
            ("rate low", statistics.rate.low95, expected.rate_low95),
            ("rate high", statistics.rate.high95, expected.rate_high95),
            ("at most", statistics.rate.atMost95, expected.rate_at_most95),
            ("median", statistics.interval.medianDays, expected.median_gap_days),
            ("median low", statistics.interval.medianLow95, expected.median_gap_low95),
            ("median high", statistics.interval.medianHigh95, expected.median_gap_high95),
            ("mean", statistics.interval.meanDays, expected.mean_gap_days),
            ("longest", statistics.interval.longestDays, expected.longest_gap_days),
            ("variation", statistics.interval.variation, expected.cv_gaps),
            ("worst", statistics.interval.worstGapDays, expected.worst_gap_days),
            ("worst ever", statistics.interval.worstGapDaysEver, expected.worst_gap_days_ever),
            ("open", statistics.daysSinceLastUpdate, expected.days_since_last_update),
            ("alive", statistics.aliveProbability, expected.p_alive),
            ("due 7", statistics.dueWithin.days7, expected.p_due_7d),
            ("due 14", statistics.dueWithin.days14, expected.p_due_14d),
            ("due 30", statistics.dueWithin.days30, expected.p_due_30d),
            ("trend", statistics.trend.u, expected.laplace_u),
        ]
        for (name, value, wanted) in numbers {
            #expect(isClose(value, wanted), "\(name): \(String(describing: value)), not \(String(describing: wanted))")
        }
    }
}
