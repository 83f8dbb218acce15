import Foundation
import Glibc
import SystemPackage

/// What a person at a terminal sees.
enum Console {
    static let progressIsShown = isatty(STDERR_FILENO) == 1

    /// `1 tag`, `2 tags`
    static func count(_ value: Int, _ noun: String) -> String { "\(value) \(noun)\(value == 1 ? "" : "s")" }

    static func error(_ text: String) { write("tagbeat: \(text)\n") }
    static func note(_ text: String) { write(text + "\n") }

    /// Writes to standard output at once, for what may be long.
    /// - Throws: ``Failure``, without a word where nobody reads any more.
    static func output(_ text: String) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(text.utf8)
        } catch Errno.brokenPipe {
            throw Failure("", code: .unread)
        } catch {
            throw Failure("standard output cannot be written: \(error)")
        }
    }

    /// A line, or several, of what was asked for.
    static func print(_ text: String) throws { try output(text + "\n") }

    /// Replaces the last line of progress; silent where standard error is no terminal.
    static func progress(_ text: String) {
        if progressIsShown { write("\r\u{1B}[K\(text)") }
    }

    static func endProgress() { progress("") }

    /// Where nobody reads any more, nobody misses it: no reason to end, which would leave a server behind.
    private static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// Columns as wide as their widest cell; `rightAligned` ones hold numbers.
    static func table(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            let cells = row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return rightAligned.contains(column) ? padding + row[column] : row[column] + padding
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// A text broken between words.
    /// - Parameter width: characters a line, but for a longer word.
    static func lines(of text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// One JSON value a line, keys in order, nulls written.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
