extension YAMLImages {
    /// `image: …` on one line, in what is no YAML as it stands: a chart's template, a part of a file.
    static func readLine(_ line: PastedLine, into images: inout ImageCollection) {
        let text = line.trimmed
        let item = text.hasPrefix("- ") ? text.dropFirst(2).trimmingBlanks : text
        guard let pair = YAMLLine(item), pair.key == "image" else { return }
        var value = pair.value
        if let comment = value.firstRange(of: " #") { value = value[..<comment.lowerBound].trimmingBlanks }
        if let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote {
            value = value.dropFirst().dropLast()
        }
        guard !value.isEmpty, value != "|", value != ">" else { return }
        add(String(value), line: line.number, role: .key, into: &images)
    }

    /// Fills in the variables of a compose file.
    static func add(_ text: String, line: Int, role: PastedImage.Role, into images: inout ImageCollection) {
        if text.contains("{{") || text.contains("<%") {
            images.add(text, unreadable: "It is a template: what fills it in is not known.", line: line, role: role)
            return
        }
        let name = VariableText(values: [:], dialect: .compose).filled(text.prefix(2_000))
        if name.isUnreadable {
            images.add(text, unreadable: DockerfileReader.unreadable, line: line, role: role)
        } else if let variable = name.missing.first {
            images.add(text, unreadable: ImageCollection.needs(variable), line: line, role: role)
        } else {
            images.add(text, name: name.text, line: line, role: role)
        }
    }
}

/// An image in parts, as charts' values and GitLab's pipelines have it.
struct ImageParts {
    /// Nil where the parts do not name an image.
    let text: String?

    init(_ parts: some Sequence<(String, String)>) {
        let parts = Dictionary(parts, uniquingKeysWith: { first, _ in first }).filter { !$0.value.isEmpty }
        guard let repository = parts["repository"] ?? parts["name"] else {
            text = nil
            return
        }
        let registry = parts["registry"].map { $0 + "/" } ?? ""
        let tag = parts["tag"].map { ":" + $0 } ?? ""
        let digest = parts["digest"].map { "@" + $0 } ?? ""
        text = registry + repository + tag + digest
    }
}

/// A look at YAML's nesting before a recursive parser sees it.
enum YAMLDepth {
    private static let deepest = 200
    /// Brackets stand in scripts too, and need not close there; the parser itself refuses a thousand.
    private static let deepestFlow = 400

    /// An upper bound of the nesting: indentations, the marks of sequences and keys before a line's text, and brackets
    /// that were left open.
    static func holds(_ lines: [PastedLine]) -> Bool {
        var indents: [Int] = []
        var flow = 0
        for line in lines {
            var indent = line.indent
            while let last = indents.last, last >= indent { indents.removeLast() }
            indents.append(indent)
            let bytes = Array(line.text.utf8)
            while indent + 1 < bytes.count, isMark(bytes[indent]), isSpace(bytes[indent + 1]) {
                indent += 2
                indents.append(indent)
                while indent < bytes.count, isSpace(bytes[indent]) { indent += 1 }
                if indents.count > deepest { return false }
            }
            for byte in bytes {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { flow += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { flow = max(0, flow - 1) }
                if flow > deepestFlow { return false }
            }
        }
        return true
    }

    private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?") }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
