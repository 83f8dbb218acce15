/// One instruction of a Dockerfile, its continuation lines joined, without comments and without what a heredoc holds.
struct DockerfileInstruction: Hashable {
    /// The line on which it begins.
    let line: Int
    /// In upper case.
    let keyword: String
    /// All after the keyword.
    let rest: Substring
}

/// Cuts a Dockerfile into its instructions.
/// https://docs.docker.com/reference/dockerfile/#format
struct DockerfileLines {
    private(set) var escape: Character = "\\"
    /// `# syntax=`: the image that reads the file, and its line.
    private(set) var syntax: (image: String, line: Int)?
    private(set) var instructions: [DockerfileInstruction] = []

    init(_ lines: [PastedLine]) {
        var index = 0
        directives(lines)
        while index < lines.count {
            let start = lines[index]
            let text = logicalLine(lines, at: &index)
            guard let instruction = Self.instruction(text, line: start.number) else { continue }
            instructions.append(instruction)
            skipHeredocs(of: instruction, in: lines, at: &index)
        }
    }

    /// Comments of the form `# name=value` before anything else; the first other line ends them.
    private mutating func directives(_ lines: [PastedLine]) {
        for line in lines {
            let text = line.trimmed
            guard text.hasPrefix("#"), let equals = text.firstIndex(of: "=") else {
                // The fence of Markdown may come first.
                if text.hasPrefix("```") { continue }
                return
            }
            let name = text[..<equals].dropFirst().trimmingBlanks.lowercased()
            let value = text[text.index(after: equals)...].trimmingBlanks
            switch name {
            case "escape": if value == "`" { escape = "`" }
            case "syntax": if syntax == nil { syntax = (String(value), line.number) }
            case "check": continue
            default: return
            }
        }
    }

    /// Joins lines while they end in the escape character. Comments and empty lines in between are no end.
    private func logicalLine(_ lines: [PastedLine], at index: inout Int) -> String {
        var text = ""
        var isContinued = false
        while index < lines.count {
            let line = lines[index].text
            index += 1
            let trimmed = line.trimmingBlanks
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix("```") {
                if isContinued { continue }
                return ""
            }
            guard let part = continued(trimmed) else { return text + (isContinued ? line : trimmed) }
            text += isContinued ? line.prefix { $0.isWhitespace } + part : part
            isContinued = true
        }
        return text
    }

    /// The line without its last escape character; nil where the line ends its instruction.
    private func continued(_ trimmed: Substring) -> Substring? {
        guard trimmed.last == escape else { return nil }
        let part = trimmed.dropLast()
        return part.last == escape ? nil : part
    }

    private static func instruction(_ text: String, line: Int) -> DockerfileInstruction? {
        let trimmed = text[...].trimmingBlanks
        let keyword = trimmed.prefix { !$0.isWhitespace }
        guard !keyword.isEmpty else { return nil }
        let rest = trimmed[keyword.endIndex...].trimmingBlanks
        let upper = keyword.uppercased()
        // What a trigger will do is an instruction like any other.
        if upper == "ONBUILD" {
            // But for one that it may not be: https://docs.docker.com/reference/dockerfile/#onbuild-limitations
            let trigger = instruction(String(rest), line: line)
            return trigger?.keyword == "FROM" ? nil : trigger
        }
        return DockerfileInstruction(line: line, keyword: upper, rest: rest)
    }

    /// `RUN <<EOF`: the lines up to `EOF` are no instructions.
    private func skipHeredocs(of instruction: DockerfileInstruction, in lines: [PastedLine], at index: inout Int) {
        guard ["RUN", "COPY", "ADD"].contains(instruction.keyword) else { return }
        for heredoc in ShellWords(instruction.rest, escape: escape).compactMap(Heredoc.init) {
            while index < lines.count {
                let line = lines[index].text
                index += 1
                if (heredoc.dropsTabs ? line.drop { $0 == "\t" } : line) == heredoc.end { break }
            }
        }
    }

    /// A word such as `<<EOF`, `3<<-"EOF"`.
    private struct Heredoc {
        let end: Substring
        let dropsTabs: Bool

        init?(_ word: Substring) {
            var rest = word.drop { $0.isNumber }
            guard rest.hasPrefix("<<") else { return nil }
            rest = rest.dropFirst(2)
            dropsTabs = rest.hasPrefix("-")
            if dropsTabs { rest = rest.dropFirst() }
            if let quote = rest.first, quote == "\"" || quote == "'" {
                guard rest.count > 2, rest.last == quote else { return nil }
                rest = rest.dropFirst().dropLast()
            }
            guard !rest.isEmpty, !rest.contains("<") else { return nil }
            end = rest
        }
    }
}

/// The words of a line as a shell cuts them, with their quotes.
struct ShellWords: Sequence {
    private let words: [Substring]

    init(_ text: Substring, escape: Character = "\\") {
        var words: [Substring] = []
        var start: Substring.Index?
        var quote: Character?
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isEscaped {
                isEscaped = false
                continue
            }
            if quote == nil, character.isWhitespace {
                if let begin = start { words.append(text[begin..<index]) }
                start = nil
                continue
            }
            if start == nil { start = index }
            if character == escape, quote != "'" {
                isEscaped = true
            } else if quote == character {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            }
        }
        if let start { words.append(text[start...]) }
        self.words = words
    }

    func makeIterator() -> [Substring].Iterator { words.makeIterator() }

    /// Without the quotes around them.
    var unquoted: [Substring] {
        words.map { word in
            guard word.count >= 2, let quote = word.first, quote == "\"" || quote == "'", word.last == quote
            else { return word }
            return word.dropFirst().dropLast()
        }
    }
}
