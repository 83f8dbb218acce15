/// Puts partials, parents and blocks in place, so that rendering knows text, values and sections alone.
struct TemplateParser {
    private struct Tag {
        /// `#`, `^`, `/`, `>`, `<`, `$`, `{`, or nothing for a value.
        let sigil: Character?
        let name: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private let find: (String) -> String?
    private let blocks: [String: [Template.Part]]
    /// How many templates are around this one.
    private let depth: Int

    init(
        _ text: String, find: @escaping (String) -> String?, blocks: [String: [Template.Part]] = [:], depth: Int = 0
    ) {
        bytes = Array(text.utf8)
        self.find = find
        self.blocks = blocks
        self.depth = depth
    }

    /// - Parameter end: the name of the section that this is in.
    mutating func parts(until end: String? = nil) throws(TemplateError) -> [Template.Part] {
        var parts: [Template.Part] = []
        while let tag = try nextTag(&parts) {
            switch tag.sigil {
            case "/":
                guard tag.name == end else { throw TemplateError("{{/\(tag.name)}} closes nothing") }
                return parts
            case "#", "^":
                let inner = try self.parts(until: tag.name)
                parts.append(.section(try name(tag.name), isInverted: tag.sigil == "^", inner))
            case ">": parts += try template(tag.name, blocks: blocks)
            case "<": parts += try template(tag.name, blocks: blocksOfParent(tag.name))
            case "$":
                let inner = try self.parts(until: tag.name)
                parts += blocks[tag.name] ?? inner
            default: parts.append(.value(try name(tag.name), isHTML: tag.sigil == "{"))
            }
        }
        if let end { throw TemplateError("{{/\(end)}} is missing") }
        return parts
    }

    private func template(
        _ name: String, blocks: [String: [Template.Part]]
    ) throws(TemplateError) -> [Template.Part] {
        guard let text = find(name) else { throw TemplateError("there is no template \(name)") }
        guard depth < 10 else { throw TemplateError("\(name) is in itself") }
        var parser = TemplateParser(text, find: find, blocks: blocks, depth: depth + 1)
        return try parser.parts()
    }

    /// What stands between blocks is left out.
    private mutating func blocksOfParent(_ parent: String) throws(TemplateError) -> [String: [Template.Part]] {
        var blocks = blocks
        var between: [Template.Part] = []
        while let tag = try nextTag(&between) {
            switch tag.sigil {
            case "/" where tag.name == parent: return blocks
            case "$": blocks[tag.name] = try parts(until: tag.name)
            default: throw TemplateError("in {{<\(parent)}} there are only blocks")
            }
        }
        throw TemplateError("{{/\(parent)}} is missing")
    }

    private func name(_ text: String) throws(TemplateError) -> Template.Name {
        var text = Substring(text)
        let asksWhetherEmpty = text.hasPrefix("empty(") && text.hasSuffix(")")
        if asksWhetherEmpty { text = text.dropFirst("empty(".count).dropLast() }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."): true
            default: false
            }
        }
        guard isPlain, !text.isEmpty else { throw TemplateError("“\(text)” is no name") }
        return Template.Name(
            members: text.split(separator: ".").map(String.init), isInnermost: text.hasPrefix("."),
            asksWhetherEmpty: asksWhetherEmpty)
    }
}

extension TemplateParser {
    /// The next tag, and the text before it; nil at the end.
    private mutating func nextTag(_ parts: inout [Template.Part]) throws(TemplateError) -> Tag? {
        let begin = position
        guard let open = find("{{", from: begin) else {
            position = bytes.endIndex
            append(begin..<position, &parts)
            return nil
        }
        let tag = try readTag(at: open + 2)
        let isValue = tag.sigil == nil || tag.sigil == "{"
        if !isValue, let line = lineAlone(from: open, to: position) {
            append(begin..<max(begin, line.lowerBound), &parts)
            position = line.upperBound
        } else {
            append(begin..<open, &parts)
        }
        return tag
    }

    private mutating func readTag(at start: Int) throws(TemplateError) -> Tag {
        let sigil = start < bytes.endIndex ? Character(Unicode.Scalar(bytes[start])) : " "
        let hasSigil = "#^/><${".contains(sigil)
        let ending = sigil == "{" ? "}}}" : "}}"
        let first = hasSigil ? start + 1 : start
        guard let end = find(ending, from: first) else { throw TemplateError("a tag has no end") }
        position = end + ending.utf8.count
        return Tag(sigil: hasSigil ? sigil : nil, name: String(decoding: bytes[first..<end], as: UTF8.self))
    }

    private mutating func append(_ range: Range<Int>, _ parts: inout [Template.Part]) {
        if !range.isEmpty { parts.append(.text(Array(bytes[range]))) }
    }

    private func find(_ text: String, from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        guard start + wanted.count <= bytes.count else { return nil }
        return (start...(bytes.count - wanted.count)).first { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }

    /// The whole line, its end included, where nothing but this stands on it.
    private func lineAlone(from open: Int, to close: Int) -> Range<Int>? {
        let isBlank = { [bytes] (index: Int) in bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t")
        }
        var (start, end) = (open, close)
        while start > 0, isBlank(start - 1) { start -= 1 }
        guard start == 0 || bytes[start - 1] == UInt8(ascii: "\n") else { return nil }
        while end < bytes.endIndex, isBlank(end) { end += 1 }
        if end == bytes.endIndex { return start..<end }
        return bytes[end] == UInt8(ascii: "\n") ? start..<(end + 1) : nil
    }
}
