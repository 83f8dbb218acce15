public import OCI

/// A glob or a regular expression over tags. Both run in linear time, so no pattern can hold a worker up.
public struct TagPattern: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    let program: PatternProgram

    /// `*` stands for any characters or none, `?` for one, `[a-z]` for one of these, `[!a-z]` for one of no other,
    /// `{slim,alpine}` for one of these words; the whole tag has to fit.
    public init(glob text: some StringProtocol) throws(TagSelectionError) {
        var parser = GlobParser(bytes: try Self.bytes(text, .glob))
        let node = PatternNode.sequence([.place(.start), try parser.parse(), .place(.end)])
        program = try Self.program(node, text, .glob)
        description = String(text)
    }

    /// A regular expression as RE2 and Go know them, without look-around and back references: found anywhere in the
    /// tag, unless `^` and `$` hold it.
    public init(regex text: some StringProtocol) throws(TagSelectionError) {
        var parser = RegexParser(bytes: try Self.bytes(text, .regex))
        program = try Self.program(try parser.parse(), text, .regex)
        description = String(text)
    }

    public func matches(_ tag: Tag) -> Bool {
        var matcher = PatternProgram.Matcher(program)
        return matcher.matches(Array(tag.name.utf8))
    }

    private static let longest = 1_000

    private static func bytes(
        _ text: some StringProtocol, _ part: TagSelectionError.Part
    ) throws(TagSelectionError) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(longest + 1))
        guard !bytes.isEmpty else {
            throw TagSelectionError(
                part, text, "it is empty", right: part == .glob ? "* for all tags" : "none at all for all tags")
        }
        guard bytes.count <= longest else {
            throw TagSelectionError(part, text, "longer than \(longest) characters", right: "a shorter one")
        }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw TagSelectionError(
                part, text, "it holds a character that no tag holds",
                right: "letters, digits, dots, dashes and underscores, of which tags are")
        }
        return bytes
    }

    private static func program(
        _ node: PatternNode, _ text: some StringProtocol, _ part: TagSelectionError.Part
    ) throws(TagSelectionError) -> PatternProgram {
        do {
            return try PatternProgram(node)
        } catch {
            throw TagSelectionError(
                part, text, "written out it is too long", right: "fewer repetitions: a tag has at most 128 characters")
        }
    }
}
