import ArgumentParser
import Foundation
import OCI
import Store

/// For tests and benchmarks, so not in the list of commands.
struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fill an empty database with a made-up site.",
        discussion: """
            The same numbers and the same seed make the same tags, digests and changes. Nothing is asked of any \
            registry; what is made up can be looked at with `serve`, and is due for checks the day after --until.
            """,
        shouldDisplay: false)

    @Option(help: "How many tags.") var tags = 10_000
    @Option(help: "How many rows of history, about.") var changes = 200_000
    @Option(help: "Another number makes another site.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Nothing was observed after this.", valueName: "time")) var until =
        "2026-01-01T00:00:00Z"
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func validate() throws {
        guard (1...10_000_000).contains(tags), (tags...200_000_000).contains(changes) else {
            throw ValidationError("--tags is 1 to 10,000,000, and --changes as many to 200,000,000.")
        }
    }

    func run() async throws {
        let end: Timestamp
        do { end = try Timestamp(parsing: until) } catch { throw Failure.badInput("--until: \(error)") }
        let site = GeneratedSite(tags: tags, changes: changes, seed: seed, until: end)
        try await Session.with(options) { session in
            let meter = ProgressMeter()
            let rows = try await session.store.generate(site) { part, rows in
                meter.show { part == "indexes" ? "building indexes" : "\(part): \(rows)" }
            }
            Console.endProgress()
            try Console.print("Made \(tags) tags and \(rows) rows of history.")
        }
    }
}
