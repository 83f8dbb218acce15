/// Text with `$NAME` and `${NAME…}` in it, as Dockerfiles and compose files have it.
/// https://docs.docker.com/reference/dockerfile/#environment-replacement
/// https://docs.docker.com/reference/compose-file/interpolation/
struct VariableText {
    enum Dialect {
        /// Quotes are taken off and a backslash (or the file's own escape) takes a character as it is.
        case dockerfile(escape: Character)
        /// `$$` is a dollar.
        case compose
    }

    /// What a text became.
    struct Filled: Hashable {
        var text: String
        /// Variables without a value and a default, for which nothing was put in.
        var missing: [String] = []
        /// A form that is not read, or a value that grows without bounds.
        var isUnreadable = false
    }

    /// Longer than any reference: a value that doubles with each `ARG` ends here.
    private static let longest = 2_000
    private static let deepest = 8

    let values: [String: String]
    let dialect: Dialect

    func filled(_ text: some StringProtocol) -> Filled {
        var filled = Filled(text: "")
        fill(Array(text), into: &filled, depth: 0)
        return filled
    }

    private var escape: Character? {
        if case .dockerfile(let escape) = dialect { escape } else { nil }
    }

    private func fill(_ text: [Character], into filled: inout Filled, depth: Int) {
        guard depth < Self.deepest else {
            filled.isUnreadable = true
            return
        }
        var index = 0
        var quote: Character?
        while index < text.count, !filled.isUnreadable {
            let character = text[index]
            index += 1
            if character == escape, quote != "'" {
                if index < text.count { filled.text.append(text[index]) }
                index += 1
            } else if escape != nil, character == "'" || character == "\"" {
                if quote == nil {
                    quote = character
                } else if quote == character {
                    quote = nil
                } else {
                    filled.text.append(character)
                }
            } else if escape == nil, character == "$", index < text.count, text[index] == "$" {
                filled.text.append("$")
                index += 1
            } else if character == "$", quote != "'" {
                variable(text, at: &index, into: &filled, depth: depth)
            } else {
                filled.text.append(character)
            }
            if filled.text.utf8.count > Self.longest { filled.isUnreadable = true }
        }
    }

    private func variable(_ text: [Character], at index: inout Int, into filled: inout Filled, depth: Int) {
        let isBraced = index < text.count && text[index] == "{"
        let start = isBraced ? index + 1 : index
        let end = text[start...].firstIndex { !Self.isName($0) } ?? text.count
        let name = String(text[start..<end])
        guard !name.isEmpty, name.first?.isNumber != true else {
            if isBraced { filled.isUnreadable = true } else { filled.text.append("$") }
            return
        }
        guard isBraced else {
            index = end
            put(values[name], of: name, into: &filled)
            return
        }
        guard let close = Self.closing(text, from: end) else {
            filled.isUnreadable = true
            return
        }
        index = close + 1
        form(text[end..<close], of: name, into: &filled, depth: depth)
    }

    /// What follows the name in the braces.
    private func form(_ rest: ArraySlice<Character>, of name: String, into filled: inout Filled, depth: Int) {
        guard let first = rest.first else { return put(values[name], of: name, into: &filled) }
        // With a colon an empty value counts as none.
        let hasColon = first == ":"
        let value = values[name].flatMap { hasColon && $0.isEmpty ? nil : $0 }
        let operation = hasColon ? rest.dropFirst().first : first
        let word = Array(rest.dropFirst(hasColon ? 2 : 1))
        switch operation {
        case "-":
            if let value { filled.text += value } else { fill(word, into: &filled, depth: depth + 1) }
        case "+":
            if value != nil { fill(word, into: &filled, depth: depth + 1) }
        case "?": put(value, of: name, into: &filled)
        default: filled.isUnreadable = true
        }
    }

    private func put(_ value: String?, of name: String, into filled: inout Filled) {
        if let value { filled.text += value } else { filled.missing.append(name) }
    }

    private static func isName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    private static func closing(_ text: [Character], from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < text.count {
            if text[index] == "{", index > 0, text[index - 1] == "$" { depth += 1 }
            if text[index] == "}" {
                if depth == 0 { return index }
                depth -= 1
            }
            index += 1
        }
        return nil
    }
}
