import Foundation
import OCI
import TagHistory

/// A calibration as tables.
struct CalibrationText {
    let report: CalibrationReport

    var text: String {
        let times = report.times.map { $0.description.prefix(10) }
        return """
            Every tag is checked each \(Calibration.checkInterval / 3_600) hours and judged \(times.count) times from \
            \(times.first ?? "") to \(times.last ?? ""), each time by the year before.

            Updates in the next \(Calibration.days) days against the 95 % predictive interval. It holds for tags that go on \
            being rebuilt; of those that may have stopped it knows nothing, and fewer updates come than it says.
            \(coverage)

            The probability of an update within so many days, and how often one came, for any tag, rebuilt or not. A \
            repository's tags are updated together, so judgements are far from independent.
            \(due)
            """
    }

    private var coverage: String {
        Console.table(
            ["condition", "judgements", "within", "lowest to highest time", "fewer", "more"],
            CalibrationReport.Condition.allCases.map { condition in
                let whole = report.coverage(of: condition)
                let shares = report.coverage[condition, default: []].compactMap(\.share)
                return [
                    condition.words, whole.judgements.formatted(), percent(whole.share),
                    "\(percent(shares.min())) – \(percent(shares.max()))",
                    percent(share(whole.below, of: whole.judgements)),
                    percent(share(whole.above, of: whole.judgements)),
                ]
            }, rightAligned: [1, 2, 3, 4, 5])
    }

    private var due: String {
        let days = report.due.keys.sorted()
        let header = ["probability"] + days.flatMap { ["\($0) days: judgements", "mean", "came"] }
        let columns = days.compactMap { report.due[$0] }.map { $0.bins + [$0.whole] }
        let rows = (columns.first ?? []).indices.map { index in
            let bin = columns[0][index]
            return ["\(bin.from.formatted()) – \(bin.to.formatted())"]
                + columns.map { $0[index] }.flatMap {
                    [$0.judgements.formatted(), percent($0.expected), percent($0.observed)]
                }
        }
        return Console.table(header, rows, rightAligned: Set(1..<header.count))
    }

    private func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }

    private func percent(_ value: Double?) -> String { value.map { String(format: "%.1f %%", 100 * $0) } ?? "–" }
}

extension CalibrationReport.Condition {
    fileprivate var words: String {
        switch self {
        case .steadyAndUpdated: "listed half a year before and after, with updates"
        case .steady: "listed half a year before and after"
        case .updated: "with updates, listed or not"
        case .all: "all"
        }
    }
}
