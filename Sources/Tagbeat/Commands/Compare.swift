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
                try show(references, records.map { $0.asOf(past) }, statistics, asOf: past)
            }
        }
    }

    /// A line for each measure, a column for each image, in the words of the page.
    private func show(
        _ references: [TagReference], _ records: [TagRecord], _ statistics: [Statistics], asOf past: Timestamp?
    ) throws {
        if let past { try Console.print("As of \(past)\n") }
        // Sentences stand below.
        let compared = StatisticsText.compared(Array(zip(records, statistics)), now: past ?? .now()).filter {
            $0.line.label != StatisticsText.reasonLabel
        }
        let rows = compared.map { [$0.line.label] + $0.texts }
        try Console.print(Console.table([""] + references.map(\.familiar), rows) + "\n")
        for (reference, statistics) in zip(references, statistics) {
            try Console.print("\(reference.familiar): \(statistics.rhythm.explanation)")
        }
        try Console.print("")
        for (line, _) in compared { if let note = line.note { try Console.print("\(line.label): \(note).") } }
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
