import Foundation

/// The Gamma distribution with rate 1. https://dlmf.nist.gov/8
enum GammaDistribution {
    /// ln Γ(x) for x > 0: Stirling's series from 10 on, below it by Γ(x) = Γ(x + 1)/x. https://dlmf.nist.gov/5.11
    static func logGamma(_ x: Double) -> Double {
        var x = x
        var product = 1.0
        while x < 10 {
            product *= x
            x += 1
        }
        let square = 1 / (x * x)
        let series =
            (1.0 / 12 + square * (-1.0 / 360 + square * (1.0 / 1260 + square * (-1.0 / 1680 + square / 1188)))) / x
        return (x - 0.5) * log(x) - x + 0.918_938_533_204_672_7 + series - log(product)
    }

    /// P(a, x): the probability of a value up to `x` with shape `a`.
    static func cumulative(_ x: Double, shape a: Double) -> Double {
        cumulative(x, shape: a, logGamma: logGamma(a))
    }

    private static func cumulative(_ x: Double, shape a: Double, logGamma: Double) -> Double {
        guard x > 0 else { return 0 }
        let factor = exp(a * log(x) - x - logGamma)
        return x < a + 1 ? factor * lowerSeries(x, a) : 1 - factor * upperFraction(x, a)
    }

    /// Σ xⁿ / (a (a+1) … (a+n)), which converges quickly below the mean. https://dlmf.nist.gov/8.11.E4
    private static func lowerSeries(_ x: Double, _ a: Double) -> Double {
        var term = 1 / a
        var sum = term
        var n = a
        while term > sum * 1e-16 {
            n += 1
            term *= x / n
            sum += term
        }
        return sum
    }

    /// The continued fraction of Q(a, x) by Lentz's method, for above the mean. https://dlmf.nist.gov/8.9.E2
    private static func upperFraction(_ x: Double, _ a: Double) -> Double {
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var result = d
        var i = 1.0
        while i < 100_000 {
            let an = -i * (i - a)
            b += 2
            d = an * d + b
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = b + an / c
            c = abs(c) < tiny ? tiny : c
            let delta = d * c
            result *= delta
            if abs(delta - 1) < 1e-15 { break }
            i += 1
        }
        return result
    }

    /// The value that is not exceeded with the given probability, 0 < probability < 1.
    ///
    /// Newton's method from Wilson and Hilferty's approximation, between bounds that halve where a step would leave
    /// them.
    static func quantile(_ probability: Double, shape a: Double) -> Double {
        let logGamma = logGamma(a)
        let normal = probability < 0.5 ? -1.96 : 1.96
        let cube = 1 - 1 / (9 * a) + normal / (3 * a.squareRoot())
        var x = max(a * cube * cube * cube, a * 1e-3)
        var low = 0.0
        var high = Double.infinity
        for _ in 0..<200 {
            let error = cumulative(x, shape: a, logGamma: logGamma) - probability
            if error > 0 { high = x } else { low = x }
            let density = exp((a - 1) * log(x) - x - logGamma)
            var next = x - error / density
            if !(next > low && next < high) { next = high.isFinite ? (low + high) / 2 : 2 * x }
            let step = abs(next - x)
            x = next
            if step <= 1e-12 * x { break }
        }
        return x
    }
}
