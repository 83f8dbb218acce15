import OCI

extension PastedImages.Kind {
    /// By the first line that says something, and by what follows where that is not enough.
    init(_ lines: [PastedLine]) {
        let telling = lines.filter { !Self.isSilent($0.trimmed) }
        guard let first = telling.first?.trimmed else {
            self = .names
            return
        }
        if DockerfileReader.isInstruction(first) {
            self = .dockerfile
        } else if Self.beginsYAML(first)
            || telling.contains(where: { Self.isImageKey($0.trimmed) })
                && !telling.contains(where: { Self.isImageAlone($0.trimmed) })
        {
            self = .yaml
        } else {
            // A part of a Dockerfile, or one with a line of prose before it.
            self = telling.contains { Self.isFrom($0.trimmed) } ? .dockerfile : .names
        }
    }

    /// Empty lines, comments and the fences of Markdown say nothing.
    private static func isSilent(_ line: Substring) -> Bool {
        line.isEmpty || line.hasPrefix("#") || line.hasPrefix("```") || line.hasPrefix("~~~")
    }

    /// A mapping, or one of YAML's own marks. `python:3.12` is none: a key's colon is followed by a space.
    private static func beginsYAML(_ line: Substring) -> Bool {
        if line == "---" || line.hasPrefix("--- ") || line.hasPrefix("%YAML") || line.hasPrefix("{") { return true }
        let item = line.hasPrefix("- ") ? line.dropFirst(2).trimmingBlanks : line
        return YAMLLine(item) != nil
    }

    private static func isImageKey(_ line: Substring) -> Bool {
        let item = line.hasPrefix("- ") ? line.dropFirst(2).trimmingBlanks : line
        return YAMLLine(item)?.key == "image"
    }

    /// `python:3.12` or a command: no line of YAML.
    private static func isImageAlone(_ line: Substring) -> Bool {
        guard !line.hasPrefix("-"), YAMLLine(line) == nil else { return false }
        if ShellCommand.image(of: ShellWords(line).unquoted) != nil { return true }
        return line.contains { ":/".contains($0) } && (try? TagReference(parsing: String(line))) != nil
    }

    private static func isFrom(_ line: Substring) -> Bool {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[0].lowercased() == "from" else { return false }
        return words.count == 2 || words[1].hasPrefix("--") || words[2].lowercased() == "as"
    }
}

/// A line that looks like `key: value`.
struct YAMLLine {
    let key: Substring
    let value: Substring

    init?(_ line: Substring) {
        guard let colon = line.utf8.indices.first(where: { Self.isKeyEnd($0, in: line) }) else { return nil }
        var key = line[..<colon].trimmingBlanks
        if key.count >= 2, let quote = key.first, quote == key.last, quote == "\"" || quote == "'" {
            key = key.dropFirst().dropLast()
        }
        // Keys of such files are short words: a sentence with a colon is none.
        guard !key.isEmpty, key.utf8.count <= 64, !key.contains(where: \.isWhitespace) else { return nil }
        self.key = key
        value = line[line.utf8.index(after: colon)...].trimmingBlanks
    }

    private static func isKeyEnd(_ index: Substring.Index, in line: Substring) -> Bool {
        guard line.utf8[index] == UInt8(ascii: ":") else { return false }
        let next = line.utf8.index(after: index)
        return next == line.endIndex || line.utf8[next] == 0x20 || line.utf8[next] == 0x09
    }
}
