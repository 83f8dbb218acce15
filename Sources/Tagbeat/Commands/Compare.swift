import ArgumentParser
import Foundation
import OCI
import Store
import TagHistory
import Web

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how often two to eight tags are rebuilt, side by side.",
        discussion: "How often, not how safe: a rebuild may fix nothing, and an unchanged image may need nothing.")

    @Argument(help: "Tracked images, two to eight.") var references: [String]
    @OptionGroup var asOf: AsOf
    @Flag(help: "Print the tags with their statistics as JSON, as the API does.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func validate() throws {
        guard (2...8).contains(references.count) else { throw ValidationError("Give two to eight images.") }
    }

    func run() async throws {
        let references = try references.map { try TagReference(argument: $0) }
        let past = try asOf.past()
        try await Session.with(options) { session in
            var tags: [TrackedTag] = []
            for reference in references {
                guard let tag = try await session.store.tag(reference) else {
                    throw Failure("\(reference) is not tracked; begin with: tagbeat track \(reference.familiar)")
                }
                tags.append(tag)
            }
            let records = try await session.store.wholeRecords(of: tags)
            let statistics = try await session.store.statistics(of: records, asOf: past ?? .now())
            if json {
                let items = zip(records, statistics).map { TagJSON($0.asOf(past).tag, statistics: $1) }
                try Console.print(Console.json(ListJSON(items: items, next: nil)))
            } else {
                try Console.print(Console.table([""] + references.map(\.familiar), rows(statistics)))
                try Console.print("")
                for (reference, statistics) in zip(references, statistics) {
                    try Console.print("\(reference.familiar): \(statistics.rhythm.reason)")
                }
            }
        }
    }

    /// A line for each measure, a column for each image.
    private func rows(_ all: [Statistics]) -> [[String]] {
        func days(_ value: Double?) -> String { value.map { String(format: "%.1f d", $0) } ?? "–" }
        func range(_ statistics: Statistics) -> String {
            guard statistics.tellsOfYears, let low = statistics.rate.low95, let high = statistics.rate.high95
            else { return "–" }
            return String(format: "%.0f to %.0f", low * 365, high * 365)
        }
        let measures: [(String, (Statistics) -> String)] = [
            ("rebuilt", { $0.rhythm.label ?? "–" }),
            ("evidence", { $0.rhythm.evidence.rawValue }),
            ("updates, last year", { String($0.updatesInWindow) }),
            ("expected a year (95 %)", range),
            ("median interval", { days($0.interval.medianDays) }),
            ("longest gap", { days($0.interval.worstGapDays) }),
            ("last update", { $0.lastUpdate }),
            ("next within 7 days", { $0.dueWithin.days7.map { String(format: "%.0f %%", $0 * 100) } ?? "–" }),
            ("history known for", { days($0.observedDays) }),
        ]
        return measures.map { name, value in [name] + all.map(value) }
    }
}

extension Statistics {
    /// `3.2 d ago`, or `3–17 d ago` where it was found after days without a look.
    var lastUpdate: String {
        if let between = daysSinceLastUpdateBetween {
            return "\(Int(between.lowerBound))–\(Int(between.upperBound.rounded(.up))) d ago"
        }
        return daysSinceLastUpdate.map { String(format: "%.1f d ago", $0) } ?? "–"
    }
}
