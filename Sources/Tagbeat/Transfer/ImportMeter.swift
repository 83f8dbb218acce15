import Foundation
import Store

/// Shows how far an import is: a bar where the end is known.
final class ImportMeter {
    private let meter = ProgressMeter()
    private let start = ContinuousClock.now
    private var mergeStart: (time: ContinuousClock.Instant, merged: Int)?

    func show(_ progress: ImportProgress) {
        switch progress {
        case .read(let count): meter.show { "read \(count.formatted()) observations, \(rate(count, since: start))/s" }
        case .resumed(let count):
            Console.note("Going on with an import of \(count.formatted()) observations that was ended.")
        case .merged(let count, let all):
            let start = mergeStart ?? (.now, count)
            mergeStart = start
            meter.show { bar(count, of: all, since: start) }
        }
    }

    private func bar(_ count: Int, of all: Int, since start: (time: ContinuousClock.Instant, merged: Int)) -> String {
        let filled = count * 30 / max(1, all)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        let speed = rate(count - start.merged, since: start.time)
        let left = speed > 0 ? " · \((all - count) / speed + 1) s left" : ""
        return "\(bar) \(count * 100 / max(1, all)) % of \(all.formatted()) merged\(left)"
    }

    private func rate(_ count: Int, since start: ContinuousClock.Instant) -> Int {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return Int(Double(count) / max(1, seconds))
    }
}
