import Foundation
import Testing

@testable import TagHistory

/// Expected values from scipy 1.17.
@Suite struct NumericsTests {
    @Test func logGamma() {
        let table: [(x: Double, value: Double)] = [
            (0.5, 0.5723649429247001), (1, 0), (2.5, 0.2846828704729192), (10, 12.801827480081469),
            (100.25, 360.28455963776423), (12345.678, 103959.91990554606),
        ]
        for (x, value) in table {
            #expect(abs(GammaDistribution.logGamma(x) - value) <= 1e-13 * max(1, abs(value)), "\(x)")
        }
    }

    @Test func gammaQuantilesInvertTheDistribution() {
        for shape in [0.5, 1.0, 1.5, 2, 3.7, 12.5, 99.5, 1234.5, 50_000.5] {
            for probability in [0.001, 0.025, 0.5, 0.975, 0.999] {
                let x = GammaDistribution.quantile(probability, shape: shape)
                #expect(isClose(GammaDistribution.cumulative(x, shape: shape), probability), "\(shape) \(probability)")
            }
        }
    }

    @Test func gammaQuantiles() {
        let table: [(shape: Double, low: Double, high: Double)] = [
            (0.5, 4.91034559e-04, 2.51194309), (1.5, 0.10789764, 4.6742018), (12.5, 6.55986001, 20.32323456),
            (1000.5, 939.45752414, 1063.43664556),
        ]
        for (shape, low, high) in table {
            #expect(abs(GammaDistribution.quantile(0.025, shape: shape) / low - 1) < 1e-7, "\(shape)")
            #expect(abs(GammaDistribution.quantile(0.975, shape: shape) / high - 1) < 1e-7, "\(shape)")
        }
    }

    @Test func medianRanks() {
        let table = [(6, 1), (7, 1), (8, 1), (9, 2), (15, 4), (50, 18), (100, 40), (1_500, 712), (20_000, 9_861)]
        for (n, rank) in table { #expect(OrderStatistics.medianRank(n) == rank, "\(n)") }
    }

    /// "Estimating Frequency of Change": regular checks of which some saw a change.
    @Test func regularChecksHaveAClosedForm() {
        for (checks, changed, every) in [(100, 1, 1.0), (50, 32, 0.5), (26, 20, 7), (1_000, 999, 1)] {
            let rate = ArrivalRate(
                spans: Array(repeating: every, count: changed), exposure: Double(checks) * every)
            let expected = -log(Double(checks - changed) / Double(checks)) / every
            #expect(isClose(rate.maximumLikelihood, expected))
        }
    }

    @Test func ratesAtTheEdges() {
        #expect(ArrivalRate(spans: [], exposure: 10).maximumLikelihood == 0)
        #expect(ArrivalRate(spans: [5, 5], exposure: 10).maximumLikelihood == nil)
        #expect(ArrivalRate(spans: [5, 5], exposure: 10).effectiveCount == 2)
        #expect(isClose(ArrivalRate(spans: [0, 0, 0], exposure: 10).maximumLikelihood, 0.3))
        // Hardly anything left, or hardly anything covered.
        for (span, exposure) in [(1e12, 1e12 + 1), (1e-3, 1e12)] {
            let rate = ArrivalRate(spans: [span], exposure: exposure)
            let expected = rate.maximumLikelihood.map { span / expm1($0 * span) }
            #expect(isClose(expected, exposure - span))
        }
    }

    @Test(arguments: [
        (0.0, 0.0, 0.0, 0.45454545454545453), (0, 0, 365, 0.025839793281653745), (5, 90, 100, 0.7404447758642225),
        (20, 200, 205, 0.9147192337772908), (100, 900, 1000, 0.00229292625609491),
    ])
    func stillAlive(events: Double, last: Double, age: Double, expected: Double) {
        #expect(isClose(Life(events: events, lastEventDays: last, ageDays: age).alive, expected))
    }

    @Test func longSilenceIsZeroAndNoError() {
        let life = Life(events: 5_000, lastEventDays: 1, ageDays: 10_000)
        #expect(life.alive == 0)
        #expect(life.due(within: 30) == 0)
    }
}
