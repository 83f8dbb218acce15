import ArgumentParser
import Foundation
import OCI
import Store
import TagHistory

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge observations from a file, or from a git repository's pins, into the histories.",
        discussion: """
            The file is NDJSON, plain or gzipped, one observation a line:
              {"image":"python:3.12","digest":"sha256:…","observedAt":"2026-01-31T12:00:00Z"}
            and optionally "notBefore", "pushedAt", "mediaType", "source". A digest of null says that the registry had \
            no such tag. Importing twice changes nothing; nothing is imported where a line is bad.

            With --from-git, every pin image:tag@sha256:… that a commit of the repository added, as Renovate and \
            Dependabot write them, is an observation at the commit's time.
            """)

    @Argument(help: "The file, or - for standard input.") var file: String?
    @Option(help: ArgumentHelp("Read the pins in this git repository's history.", valueName: "dir")) var fromGit:
        String?
    @Flag(help: "Leave out bad lines, naming them, instead of refusing the file.") var skipInvalid = false
    @Flag(help: "Print the outcome as JSON.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func validate() throws {
        guard (file == nil) != (fromGit == nil) else {
            throw ValidationError("Give either a file (or - for standard input) or --from-git DIR.")
        }
    }

    func run() async throws {
        guard let fromGit else {
            return try await Session.with(options) { try await importFile(file ?? "-", into: $0.store) }
        }
        let pins = try await GitHistory.pins(of: fromGit, now: .now())
        Console.endProgress()
        if pins.isShallow {
            Console.note("\(fromGit) is a shallow clone: older pins are not in it; git fetch --unshallow brings them.")
        }
        try await Session.with(options) { try await importPins(pins, into: $0.store) }
    }

    private func importFile(_ file: String, into store: TagStore) async throws {
        let counters = ImportCounters(skipInvalid: skipInvalid)
        let summary = try await LineReader.lines(of: file) { nextLines in
            try await store.importObservations(at: .now(), progress: counters.show) {
                guard let lines = try await nextLines() else { return nil }
                return try counters.parse(lines)
            }
        }
        Console.endProgress()
        let skipped = counters.skipped > 0 ? " Left out \(counters.skipped) bad lines." : ""
        try report(summary, ["skipped": counters.skipped], note: skipped)
        if summary.observations == 0, counters.skipped > 0 { throw Failure("no line of \(file) could be read") }
    }

    private func importPins(_ pins: GitHistory.Answer, into store: TagStore) async throws {
        let counters = ImportCounters(skipInvalid: true)
        var rest = pins.rows[...]
        let summary = try await store.importObservations(at: .now(), progress: counters.show) {
            defer { rest = rest.dropFirst(5_000) }
            return rest.isEmpty ? nil : Array(rest.prefix(5_000))
        }
        Console.endProgress()
        let skipped = pins.unusable > 0 ? " Left out \(pins.unusable) pins without a tag." : ""
        try report(
            summary, ["commits": pins.commits, "skipped": pins.unusable],
            note: " \(pins.commits) commits changed a pin.\(skipped)")
    }

    private func report(_ summary: ImportSummary, _ more: [String: Int], note: String) throws {
        if json {
            let counts = [
                "observations": summary.observations, "tags": summary.tags, "newRows": summary.newRows,
            ]
            print(try Console.json(counts.merging(more) { $1 }))
        } else {
            print(
                "Read \(summary.observations) observations of \(summary.tags) tags; \(summary.newRows) were new.\(note)"
            )
        }
    }
}

/// Parses lines and keeps count of them.
final class ImportCounters {
    private let skipInvalid: Bool
    private var line = 0
    private(set) var skipped = 0
    private var lastShown = ContinuousClock.now - .seconds(1)

    init(skipInvalid: Bool) { self.skipInvalid = skipInvalid }

    /// - Throws: ``Failure`` naming the first bad line, unless these are left out.
    func parse(_ lines: [Result<ArraySlice<UInt8>, LineTooLong>]) throws -> [ImportRow] {
        let now = Timestamp.now()
        var rows: [ImportRow] = []
        rows.reserveCapacity(lines.count)
        for item in lines {
            line += 1
            do {
                let bytes = try item.get()
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                rows.append(try ObservationLine.parse(bytes, now: now))
            } catch {
                guard skipInvalid else {
                    throw Failure.badInput("line \(line): \(error); nothing was imported")
                }
                skipped += 1
                if skipped <= 20 { Console.error("line \(line) left out: \(error)") }
            }
        }
        return rows
    }

    func show(_ progress: ImportProgress) {
        guard ContinuousClock.now - lastShown > .milliseconds(100) else { return }
        lastShown = .now
        switch progress {
        case .read(let count): Console.progress("read \(count) observations")
        case .merged(let count, let all):
            Console.progress("merged \(count) of \(all) observations (\(count * 100 / max(1, all)) %)")
        }
    }
}

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
                try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
                last = end.reference
            }
        }
    }
}
