import ArgumentParser
import OCI

/// As of when a command tells statistics.
struct AsOf: ParsableArguments {
    @Option(name: .customLong("at"), help: ArgumentHelp("As of then, as 2026-01-31T12:00:00Z.", valueName: "time"))
    var text: String?

    /// Nil where none is given. Nobody knows of the future more than of now.
    func past() throws -> Timestamp? {
        guard let text else { return nil }
        do { return min(try Timestamp(parsing: text), .now()) } catch { throw Failure.badInput("--at: \(error)") }
    }
}
