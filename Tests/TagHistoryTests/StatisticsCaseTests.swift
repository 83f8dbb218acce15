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
        let seen = StatisticsCase.time(input.firstSeen)
        let last = StatisticsCase.time(input.lastPoll)
        let statistics = Statistics(
            changes: rows, firstSeenAt: seen, lastSucceededAt: last, superseded: input.superseded ?? false, asOf: now)
        #expect(statistics.changes == expected.changes)
        #expect(statistics.updates == expected.updates)
        #expect(statistics.flaps == expected.flaps)
        #expect(statistics.reverts == expected.reverts)
        #expect(statistics.updatesInWindow == expected.updatesInWindow)
        #expect(statistics.rhythm.word?.rawValue == expected.rhythm)
        #expect(statistics.rhythm.days == expected.rhythmDays)
        #expect(statistics.rhythm.overdue == expected.overdue)
        #expect(statistics.rhythm.evidence.rawValue == expected.evidence)
        let arrivals = Evaluation(
            episodes: Episode.all(in: CountedRows(rows, firstSeenAt: nil)), firstSeen: seen, lastSeen: last, now: now
        )
        .arrivals
        if statistics.windowDays > 0 {
            #expect(
                isClose(arrivals.maximumLikelihood.map { $0 * Evaluation.day }, expected.rateMlePerDay))
            #expect(isClose(arrivals.effectiveCount, expected.kStar))
        }
        let numbers: [(String, Double?, Double?)] = [
            ("observed", statistics.observedDays, expected.observedDays),
            ("window", statistics.windowDays, expected.windowDays),
            ("rate", statistics.rate.perDay, expected.ratePerDay),
            ("rate low", statistics.rate.low95, expected.rateLow95),
            ("rate high", statistics.rate.high95, expected.rateHigh95),
            ("at most", statistics.rate.atMost95, expected.rateAtMost95),
            ("median", statistics.interval.medianDays, expected.medianGapDays),
            ("median low", statistics.interval.medianLow95, expected.medianGapLow95),
            ("median high", statistics.interval.medianHigh95, expected.medianGapHigh95),
            ("mean", statistics.interval.meanDays, expected.meanGapDays),
            ("longest", statistics.interval.longestDays, expected.longestGapDays),
            ("variation", statistics.interval.variation, expected.cvGaps),
            ("worst", statistics.interval.worstGapDays, expected.worstGapDays),
            ("worst ever", statistics.interval.worstGapDaysEver, expected.worstGapDaysEver),
            ("open", statistics.daysSinceLastUpdate, expected.daysSinceLastUpdate),
            ("alive", statistics.aliveProbability, expected.pAlive),
            ("due 7", statistics.dueWithin.days7, expected.pDue7D),
            ("due 14", statistics.dueWithin.days14, expected.pDue14D),
            ("due 30", statistics.dueWithin.days30, expected.pDue30D),
            ("trend", statistics.trend.u, expected.laplaceU),
        ]
        for (name, value, wanted) in numbers {
            #expect(isClose(value, wanted), "\(name): \(String(describing: value)), not \(String(describing: wanted))")
        }
    }
}
