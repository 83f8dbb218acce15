import Foundation

/// Bounds for a median that need no assumption about how the values are distributed.
enum OrderStatistics {
    /// The rank j of the lower 95 % bound among n ordered values, the upper one being n + 1 − j: the 2.5 % quantile
    /// of Binomial(n, ½), at least 1.
    static func medianRank(_ n: Int) -> Int {
        guard n > 0 else { return 1 }
        // Below six standard deviations lies less than a billionth: the sum may start there.
        var k = max(0, Int((Double(n) - 6 * Double(n).squareRoot()) / 2))
        var probability = exp(logProbability(k, of: n))
        var sum = probability
        while sum < 0.025, k < n {
            probability *= Double(n - k) / Double(k + 1)
            k += 1
            sum += probability
        }
        return max(1, k)
    }

    /// The middle of ordered values, or of the two in the middle; nil without any.
    static func median(_ ordered: [Double]) -> Double? {
        guard !ordered.isEmpty else { return nil }
        let middle = ordered.count / 2
        return ordered.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }

    private static func logProbability(_ k: Int, of n: Int) -> Double {
        let n = Double(n)
        let k = Double(k)
        return GammaDistribution.logGamma(n + 1) - GammaDistribution.logGamma(k + 1)
            - GammaDistribution.logGamma(n - k + 1) - n * log(2)
    }
}
