import ArgumentParser
import Foundation
import OCI
import Subprocess
import SystemPackage
import TagHistory

struct Select: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Choose among tags, as a followed repository's selection does; best first.",
        discussion: """
            Tags are read from standard input, one a line, and a tag has to satisfy all that is given:
              skopeo list-tags docker://python | jq -r '.Tags[]' | tagbeat select --semver '>=3.11' --exclude '*-windows*'
            The best is the highest version; tags without a version come last, by name. Tags of artifacts, such as \
            signatures, are never chosen, and pre-releases by --semver only where the range names one.
            """)

    // A pattern may well begin with a dash: -slim$.
    @Option(
        parsing: .unconditionalSingleValue,
        help: "A pattern for whole tags, such as '3.1?-*' or '*-{slim,alpine}'; more than one: any of them.")
    var glob: [String] = []
    @Option(parsing: .unconditional, help: "A regular expression that is found in the tag, such as '^3\\.1[0-9]$'.")
    var regex: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Versions such as '>=3.11 <4', '^1.2', '~1.2.3', '1.2 - 1.4', '2.x || 3.x', or what begins with '3'.",
            valueName: "range-or-prefix"))
    var semver: String?
    @Option(parsing: .unconditionalSingleValue, help: "Patterns as of --glob, of which none may fit.")
    var exclude: [String] = []
    @Option(help: "At most so many, the best.") var keep: Int?
    @Flag(help: "Leave out lines that are no tags, naming them, instead of refusing the list.") var skipInvalid = false
    @Flag(help: "Print one JSON object per tag: its version, and the shape that tags share which can be compared.")
    var json = false

    func run() async throws {
        let selection: TagSelection
        do {
            selection = try TagSelection(globs: glob, regex: regex, semver: semver, excludes: exclude, keep: keep)
        } catch {
            throw Failure.badInput(error.description)
        }
        if isatty(STDIN_FILENO) == 1 { Console.note("Reading tags from the terminal, one a line; Ctrl-D ends them.") }
        let skipInvalid = skipInvalid
        // Read by another process, so that Ctrl-C finds us waiting and not reading.
        let tags = try await LineReader.lines(
            script: "cat", input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
            broken: .badInput("standard input cannot be read")
        ) { nextLines in
            var tags: [Tag] = []
            var number = 0
            while let lines = try await nextLines() {
                for line in lines {
                    number += 1
                    if let tag = try Self.tag(line, number, skipInvalid: skipInvalid) { tags.append(tag) }
                }
            }
            return tags
        }
        try show(selection.choose(from: tags))
    }

    /// Nil for an empty line, and for a bad one that is left out.
    private static func tag(_ line: LineReader.Line, _ number: Int, skipInvalid: Bool) throws -> Tag? {
        let problem: String
        do {
            var bytes = try line.get()
            while let last = bytes.last, isSpace(last) { bytes.removeLast() }
            while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
            return bytes.isEmpty ? nil : try Tag(parsing: String(decoding: bytes, as: UTF8.self))
        } catch {
            problem = "line \(number): \(error)"
        }
        guard skipInvalid else { throw Failure.badInput(problem) }
        Console.error("left out \(problem)")
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private func show(_ tags: [Tag]) throws {
        var text = ""
        for tag in tags {
            text += (json ? Self.object(tag) : tag.name) + "\n"
            guard text.utf8.count > 1 << 20 else { continue }
            try Console.output(text)
            text = ""
        }
        try Console.output(text)
    }

    /// Tags and shapes need no escaping in JSON, so none is done.
    private static func object(_ tag: Tag) -> String {
        guard let version = TagVersion(tag) else { return "{\"shape\":null,\"tag\":\"\(tag)\",\"version\":null}" }
        return "{\"shape\":\"\(version.shape)\",\"tag\":\"\(tag)\",\"version\":\"\(version.version)\"}"
    }
}
