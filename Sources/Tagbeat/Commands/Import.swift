import ArgumentParser
import Foundation
import OCI
import Store

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge observations into the histories: from a file, a git repository's pins, or Docker Tag Monitor.",
        discussion: """
            The file is NDJSON or CSV, plain or gzipped, one observation a line:
              {"image":"python:3.12","digest":"sha256:…","observedAt":"2026-01-31T12:00:00Z"}
            and optionally "notBefore", "pushedAt", "mediaType", "source". CSV begins with a line that names its \
            columns, by the same words. A digest of null, or an empty one, says that the registry had no such tag.

            Everything is read before anything is imported, and nothing is imported where a line is bad. Importing \
            twice changes nothing. What does not fit into memory waits in the data folder (about a tenth of a gigabyte \
            for a million observations): the same command goes on where an import was ended. One from standard input \
            or git begins again, and passes over what is there.

            With --from-git, every pin image:tag@sha256:… that a commit of the repository added, as Renovate and \
            Dependabot write them, is an observation at the commit's time.

            With --from-docker-tag-monitor, all updates in Docker Tag Monitor's own database are, and its images are \
            tracked.
            """)

    @Argument(help: "The file, or - for standard input.") var file: String?
    @Option(help: ArgumentHelp("Read the pins in this git repository's history.", valueName: "dir")) var fromGit:
        String?
    @Option(
        help: ArgumentHelp("Read this PostgreSQL database of Docker Tag Monitor, a libpq URI.", valueName: "url"))
    var fromDockerTagMonitor: String?
    @Flag(help: "Leave out bad lines, naming them, instead of refusing the file.") var skipInvalid = false
    @Flag(help: "Print the outcome as JSON.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func validate() throws {
        guard [file, fromGit, fromDockerTagMonitor].count(where: { $0 != nil }) == 1 else {
            throw ValidationError(
                "Give one of: a file (or - for standard input), --from-git DIR, --from-docker-tag-monitor URL.")
        }
    }

    func run() async throws {
        if let fromGit {
            let pins = try await GitHistory.pins(of: fromGit, now: .now())
            Console.endProgress()
            if pins.isShallow {
                Console.note(
                    "\(fromGit) is a shallow clone: older pins are not in it; git fetch --unshallow brings them.")
            }
            try await Session.with(options) { try await importPins(pins, session: $0) }
        } else if let fromDockerTagMonitor {
            try await Session.with(options) { try await importMonitor(fromDockerTagMonitor, session: $0) }
        } else {
            try await Session.with(options) { try await importFile(file ?? "-", session: $0) }
        }
    }

    private func importFile(_ file: String, session: Session) async throws {
        let lines = ImportLines(skipInvalid: skipInvalid)
        let meter = ImportMeter()
        let spool = try await session.importSpool(of: file, skipInvalid ? "skip-invalid" : "")
        let summary =
            spool.isWhole
            ? try await session.store.importObservations(at: .now(), spool: spool, progress: meter.show) { nil }
            : try await LineReader.lines(of: file) { nextLines in
                try await session.store.importObservations(at: .now(), spool: spool, progress: meter.show) {
                    guard let next = try await nextLines() else { return nil }
                    return try await lines.parse(next)
                }
            }
        Console.endProgress()
        let skipped = lines.skipped > 0 ? " Left out \(Console.count(lines.skipped, "bad line"))." : ""
        try report(summary, ["skipped": lines.skipped], note: skipped)
        if summary.observations == 0, lines.skipped > 0 { throw Failure.badInput("no line of \(file) could be read") }
    }

    private func importPins(_ pins: GitHistory.Answer, session: Session) async throws {
        let meter = ImportMeter()
        var rest = pins.rows[...]
        let spool = session.temporarySpool()
        let summary = try await session.store.importObservations(at: .now(), spool: spool, progress: meter.show) {
            defer { rest = rest.dropFirst(5_000) }
            return rest.isEmpty ? nil : Array(rest.prefix(5_000))
        }
        Console.endProgress()
        let skipped = pins.unusable > 0 ? " Left out \(Console.count(pins.unusable, "pin")) without a tag." : ""
        try report(
            summary, ["commits": pins.commits, "skipped": pins.unusable],
            note: " \(Console.count(pins.commits, "commit")) changed a pin.\(skipped)")
    }

    private func importMonitor(_ url: String, session: Session) async throws {
        let meter = ImportMeter()
        let answer = try await session.store.importDockerTagMonitor(
            at: url, skipInvalid: skipInvalid, now: .now(), progress: meter.show
        ) { try await session.importSpool(ofDatabase: $0, skipInvalid ? "skip-invalid" : "") }
        Console.endProgress()
        for problem in answer.problems { Console.error("left out: \(problem)") }
        let skipped = answer.skipped > 0 ? " Left out \(Console.count(answer.skipped, "row"))." : ""
        try report(answer.summary, ["skipped": answer.skipped], note: skipped)
        if answer.summary.observations == 0, answer.skipped > 0 {
            throw Failure.badInput("no row of the database could be read")
        }
    }

    private func report(_ summary: ImportSummary, _ more: [String: Int], note: String) throws {
        if json {
            let counts = [
                "observations": summary.observations, "tags": summary.tags, "newRows": summary.newRows,
            ]
            try Console.print(Console.json(counts.merging(more) { $1 }))
        } else {
            let rest = summary.isRest ? " that were left" : ""
            try Console.print(
                "Read \(Console.count(summary.observations, "observation")) of \(Console.count(summary.tags, "tag"))\(rest); "
                    + "\(summary.newRows) \(summary.newRows == 1 ? "was" : "were") new.\(note)")
        }
    }
}
