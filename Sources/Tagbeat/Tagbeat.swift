import ArgumentParser
import Foundation
import UnixSignals

@main
struct Tagbeat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tagbeat",
        abstract: "Tells how often container image tags are rebuilt.",
        discussion: """
            Begin with `tagbeat run` and open the address that it prints. The other commands reach the same database \
            from a second terminal.

            Settings come from flags, where --help lists one, then from the environment (TAGBEAT_LISTEN and so on), \
            then from the YAML file that --config or TAGBEAT_CONFIG names.

            Exit codes: 0 done, 1 failed, 2 bad input, settings or usage.
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(name: "Services", subcommands: [Run.self, Serve.self, Scrape.self, Migrate.self]),
            CommandGroup(
                name: "Tags",
                subcommands: [Track.self, Untrack.self, List.self, Stats.self, Compare.self, Check.self]),
            CommandGroup(
                name: "Data",
                subcommands: [
                    Import.self, Export.self, Select.self, Simulate.self, Calibrate.self, Generate.self, Measure.self,
                    Bare.self,
                    ReferenceCommand.self,
                ]),
            CommandGroup(name: "Access", subcommands: [Token.self]),
        ])

    static func main() async {
        // Whoever reads our output may stop reading; that is no death that leaves a server behind.
        signal(SIGPIPE, SIG_IGN)
        do {
            let endsBySignals = (try parseAsRoot() as? any ServiceCommand)?.isService == true
            // Parsed once more in there, because a command is not Sendable.
            let running = Task { try await execute() }
            // Services have their own way to end; a short command gives back what it holds.
            let watching = Task {
                guard !endsBySignals else { return }
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { running.cancel() }
            }
            try await running.value
            watching.cancel()
        } catch {
            Failure.exit(with: error)
        }
    }

    private static func execute() async throws {
        var command = try parseAsRoot()
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }
}

/// A command that may run until it is told to stop.
protocol ServiceCommand {
    var isService: Bool { get }
}

enum Version {
    static let current = "0.1.0"
}
