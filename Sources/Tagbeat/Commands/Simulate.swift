public import ArgumentParser
import Foundation
public import TagHistory

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replay a trace of changes: how soon would so many requests find them?",
        discussion: """
            The schedule is the worker's own; each registry is a lane with a budget of its own. A trace is \
            a CSV file, plain or gzipped, sorted by image, tag and time:
              image,tag,epoch,kind
              python,3.12,1692748391,B
              python,3.12,1693000000,C
            with the time in seconds since 1970 and B (listed when the trace begins), N (first listed), C (changed) or \
            D (delisted: no changes any more, but checked like the others). It ends with the last line's day.

            Delays count from a change to the check that finds it, or finds a later one that has replaced it; what is \
            not found by the end counts until then. freshness is the share of all tags' time in which what is known \
            of them is current.
            """)

    @Option(help: ArgumentHelp("The trace, or - for standard input.", valueName: "file")) var trace: String
    @Option(
        help: ArgumentHelp(
            "As many requests as visit each tag once in so many hours; 24 where no budget is given.",
            valueName: "hours"))
    var budgetHours: Double?
    @Option(help: ArgumentHelp("So many requests a second, of each registry.", valueName: "number"))
    var requestsPerSecond: Double?
    @Option(help: "round-robin, adaptive (tag by tag) or adaptive-bulk (listings of a hundred tags).")
    var policy = Simulation.Policy.adaptive
    @Option(help: "Days that warm up and do not count.") var fromDay = 180.0
    @Flag(help: "Print the outcome as JSON.") var json = false

    func validate() throws {
        guard budgetHours == nil || requestsPerSecond == nil else {
            throw ValidationError("Give either --budget-hours or --requests-per-second.")
        }
        for (name, value) in [("--budget-hours", budgetHours), ("--requests-per-second", requestsPerSecond)] {
            guard let value else { continue }
            guard value.isFinite, (1e-6...1e6).contains(value) else {
                throw ValidationError("\(name) is a number above zero, at most a million.")
            }
        }
        guard (0...36_525).contains(fromDay) else { throw ValidationError("--from-day is a number of days.") }
    }

    func run() async throws {
        let trace = try await TraceFile.read(trace)
        guard Double(trace.days) > fromDay else {
            throw Failure.badInput(
                "the trace has \(Console.count(trace.days, "day")), and --from-day leaves out the first \(fromDay.formatted())"
            )
        }
        let simulation = Simulation(
            trace: trace, policy: policy,
            budget: requestsPerSecond.map { .requestsPerSecond($0) } ?? .hours(budgetHours ?? 24), fromDay: fromDay)
        let report = try await Background.run("replayed") { try simulation.run(progress: $0) }
        Console.endProgress()
        try Console.print(json ? Console.json(report) : Self.text(report))
    }

    private static func text(_ report: SimulationReport) -> String {
        func seconds(_ value: Double?) -> String {
            value.map { "\(Int($0.rounded()).formatted()) s" } ?? "–"
        }
        return Console.table(
            ["policy", report.policy.rawValue],
            [
                ["requests", report.requests.formatted()], ["changes", report.changes.formatted()],
                ["missed", report.missed.formatted()], ["mean delay", seconds(report.meanDelaySeconds)],
                ["median delay", seconds(report.medianDelaySeconds)],
                ["95 % within", seconds(report.p95DelaySeconds)],
                ["freshness", report.freshness.map { String(format: "%.4f %%", 100 * $0) } ?? "–"],
            ], rightAligned: [1])
    }
}

extension Simulation.Policy: ExpressibleByArgument {}

/// A trace from a file or from standard input, gzipped or not.
enum TraceFile {
    static func read(_ file: String) async throws -> Trace {
        try await LineReader.lines(of: file, consequence: "nothing was simulated") { nextLines in
            var reader = TraceReader()
            do {
                while let lines = try await nextLines() {
                    for line in lines { try reader.read(line) }
                    Console.progress("\(reader.lines.formatted()) lines read")
                }
                return try reader.finish()
            } catch let error as TraceError {
                Console.endProgress()
                throw Failure.badInput("\(file): \(error)")
            } catch let failure as Failure {
                Console.endProgress()
                throw failure
            }
        }
    }
}

extension TraceReader {
    fileprivate mutating func read(_ line: LineReader.Line) throws {
        switch line {
        case .success(let bytes): try read(bytes)
        case .failure: try readTooLong()
        }
    }
}
