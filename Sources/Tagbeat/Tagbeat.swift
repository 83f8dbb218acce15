import ArgumentParser
import Foundation

@main
struct Tagbeat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tagbeat",
        abstract: "Tells how often container image tags are rebuilt.",
        discussion: """
            Begin with `tagbeat run` and open the address that it prints. The other commands reach the same database \
            from a second terminal.

            Settings come from flags, then from the environment (TAGBEAT_LISTEN and so on), then from the YAML file \
            that --config or TAGBEAT_CONFIG names.

            Exit codes: 0 done, 1 failed, 2 bad input or usage.
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(name: "Services", subcommands: [Run.self, Serve.self, Scrape.self, Migrate.self]),
            CommandGroup(name: "Tags", subcommands: [Track.self, Untrack.self, List.self, Stats.self, Check.self]),
            CommandGroup(name: "Data", subcommands: [Import.self, Export.self, ReferenceCommand.self]),
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error)
        }
    }
}

enum Version {
    static let current = "0.1.0"
}
