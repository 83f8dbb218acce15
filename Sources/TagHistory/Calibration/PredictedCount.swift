import Foundation

/// How many updates the next days will bring, as the past ones tell: with a rate of Gamma(shape, exposure) the number of
/// events in `days` is negative binomial.
struct PredictedCount: Equatable {
    private let shape: Double
    /// The probability that the next event belongs to the exposure and not to the days to come.
    private let past: Double

    /// - Parameters:
    ///   - shape: ½ + k*, above zero.
    ///   - exposure: E, in days, above zero.
    init(shape: Double, exposure: Double, days: Double) {
        self.shape = shape
        past = exposure / (exposure + days)
    }

    /// The posterior of a rate. Nil where nothing was observed.
    init?(_ statistics: Statistics, days: Double) {
        guard statistics.windowDays > 0 else { return nil }
        let shape = statistics.rate.perDay.map { $0 * statistics.windowDays } ?? 0.5
        self.init(shape: shape, exposure: statistics.windowDays, days: days)
    }

    /// The least number that is not exceeded with the given probability, 0 < probability < 1.
    func quantile(_ probability: Double) -> Int {
        let mean = shape * (1 - past) / past
        let deviation = (mean / past).squareRoot()
        // Nearly all of the rest lies within ten standard deviations: the sum may start there.
        var count = max(0, (mean - 10 * deviation).rounded(.down))
        var mass = exp(logMass(count))
        var sum = mass
        let most = mean + 60 * deviation + 100
        while sum < probability, count < most {
            mass *= (shape + count) / (count + 1) * (1 - past)
            count += 1
            sum += mass
        }
        return Int(count)
    }

    /// Within these bounds with a probability of 95 % or more.
    var interval95: ClosedRange<Int> { quantile(0.025)...quantile(0.975) }

    private func logMass(_ count: Double) -> Double {
        GammaDistribution.logGamma(shape + count) - GammaDistribution.logGamma(shape)
            - GammaDistribution.logGamma(count + 1) + shape * log(past) + count * log1p(-past)
    }
}
