import ArgumentParser
import OCI
import Store

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write all histories as NDJSON to standard output.",
        discussion: "What `tagbeat import` reads: for backups, other programs, or another Tagbeat.")

    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        try await Session.with(options) { session in
            var last: TagReference?
            while true {
                let rows = try await session.store.exportObservations(after: last)
                guard let end = rows.last else { return }
                var text = ""
                for row in rows { text += row.line + "\n" }
                try Console.output(text)
                last = end.reference
            }
        }
    }
}
