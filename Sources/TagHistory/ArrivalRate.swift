import Foundation

/// How often events come of which only the spans are known in which each happened.
///
/// With Poisson arrivals at rate λ, a span τ in which something changed has the likelihood 1 − e^(−λτ), all the rest
/// of the exposure e^(−λ·rest). Its maximum is the root of Σ τ/(e^(λτ)−1) = rest. Cho and Garcia-Molina, Estimating
/// Frequency of Change, ACM TOIT 3 (2003).
struct ArrivalRate: Equatable {
    /// λ̂ per unit of time: 0 without events, nil where the likelihood has no maximum.
    let maximumLikelihood: Double?
    /// k*: the number of events, with those that wide spans probably hide.
    let effectiveCount: Double

    /// All in one unit of time. Sums must be exact to see where nothing is left of the exposure: whole microseconds
    /// are.
    init(spans: [Double], exposure: Double) {
        let count = Double(spans.count)
        let covered = spans.reduce(0, +)
        let rest = exposure - covered
        guard count > 0 else {
            maximumLikelihood = 0
            effectiveCount = 0
            return
        }
        guard rest > 0 else {
            maximumLikelihood = nil
            effectiveCount = count
            return
        }
        let rate = Self.root(spans, rest: rest, from: count / (rest + covered / 2), upTo: count / rest)
        maximumLikelihood = rate
        // Σ x/(1−e^(−x)) = λ·(Σ τ + Σ τ/(e^(λτ)−1)), and at the root the second sum is the rest.
        effectiveCount = rate * exposure
    }

    /// ln Σ τ/(e^(λτ)−1) is convex and falls, and at `low` it lies above ln rest. So Newton's method climbs to the
    /// root from the left; rounding alone could throw it out of the bounds.
    private static func root(_ spans: [Double], rest: Double, from low: Double, upTo high: Double) -> Double {
        var rate = low
        for _ in 0..<100 {
            var sum = 0.0
            var slope = 0.0
            for span in spans {
                let term = span > 0 ? span / expm1(rate * span) : 1 / rate
                sum += term
                slope += term * (span + term)
            }
            let next = rate + log(sum / rest) * sum / slope
            guard next.isFinite, next > rate else { return rate }
            let step = next - rate
            rate = min(next, high)
            if step <= 1e-14 * rate { break }
        }
        return rate
    }
}
