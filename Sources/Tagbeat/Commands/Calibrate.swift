import ArgumentParser
import Foundation
import TagHistory

/// For benchmarks, so not in the list of commands.
struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare what statistics foretell on a trace of changes with what happened.",
        discussion: "The trace is what `tagbeat simulate` reads.", shouldDisplay: false)

    @Option(help: ArgumentHelp("The trace, or - for standard input.", valueName: "file")) var trace: String

    func run() async throws {
        let trace = try await TraceFile.read(trace)
        let calibration = Calibration(trace: trace)
        let report = try await Background.run("judged") { try calibration.run(progress: $0) }
        Console.endProgress()
        guard !report.times.isEmpty else {
            throw Failure.badInput("the trace has \(trace.days) days: a year and a half are needed")
        }
        try Console.print(CalibrationText(report: report).text)
    }
}
