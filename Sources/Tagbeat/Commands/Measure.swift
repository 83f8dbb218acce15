import ArgumentParser
import Foundation
import OCI

/// For benchmarks, so not in the list of commands.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time what the store does for workers and pages, on a database that `tagbeat generate` filled.",
        discussion: "Prints the median of some runs of each, in milliseconds, and a list's rows, as one JSON object.",
        shouldDisplay: false)

    @Option(help: "How often each is done.") var runs = 25
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only what begins with one of these.", valueName: "name"))
    var only: [String] = []
    @Option(help: ArgumentHelp("The time of the made-up site's end.", valueName: "time"))
    var until = "2026-01-01T00:00:00Z"
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func validate() throws {
        guard (1...10_000).contains(runs) else { throw ValidationError("--runs is 1 to 10,000.") }
    }

    func run() async throws {
        let end: Timestamp
        do { end = try Timestamp(parsing: until) } catch { throw Failure.badInput("--until: \(error)") }
        try await Session.with(options) { session in
            var measurement = StoreMeasurement(store: session.store, end: end, runs: runs, only: only)
            try await measurement.all()
            Console.endProgress()
            try Console.print(Console.json(measurement.figures))
        }
    }
}
