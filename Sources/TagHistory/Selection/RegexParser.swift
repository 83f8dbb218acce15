/// Reads a regular expression. https://github.com/google/re2/wiki/Syntax, as far as it speaks of ASCII.
struct RegexParser {
    let bytes: [UInt8]
    var position = 0
    private var ignoresCase = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(TagSelectionError) -> PatternNode {
        if bytes.starts(with: "(?i)".utf8) {
            ignoresCase = true
            position = 4
        }
        let node = try choice(depth: 0)
        guard position == bytes.count else { throw error("a ) closes nothing") }
        return node
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ text: StaticString) -> Bool {
        let isThere = text.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if isThere { position += text.utf8CodeUnitCount }
        return isThere
    }

    private mutating func choice(depth: Int) throws(TagSelectionError) -> PatternNode {
        guard depth <= 50 else { throw error("more than fifty ( stand in one another") }
        var nodes = [try sequence(depth: depth)]
        while skip("|") { nodes.append(try sequence(depth: depth)) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence(depth: Int) throws(TagSelectionError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            nodes.append(try repeated(try atom(depth: depth)))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func atom(depth: Int) throws(TagSelectionError) -> PatternNode {
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "."): return .character(.all)
        case UInt8(ascii: "^"): return .place(.start)
        case UInt8(ascii: "$"): return .place(.end)
        case UInt8(ascii: "["): return character(try set())
        case UInt8(ascii: "("): return try group(depth: depth)
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw error("\(Character(Unicode.Scalar(byte))) repeats nothing")
        default: return character(ASCIISet(byte))
        }
    }

    private func character(_ set: ASCIISet) -> PatternNode { .character(ignoresCase ? set.caseless : set) }

    private mutating func group(depth: Int) throws(TagSelectionError) -> PatternNode {
        if skip("?=") || skip("?!") || skip("?<=") || skip("?<!") {
            throw error("it looks around, which takes no bounded time; use exclude for what is not wanted")
        }
        if skip("?P<") || skip("?<") {
            while let byte = next, byte.isDigit || byte.isLetter || byte == UInt8(ascii: "_") { position += 1 }
            guard skip(">") else { throw error("the name of a group is not closed") }
        } else if skip("?:") {
        } else if next == UInt8(ascii: "?") {
            throw error("(? means nothing here; (?i) stands at the beginning alone")
        }
        let node = try choice(depth: depth + 1)
        guard skip(")") else { throw error("a ( is not closed") }
        return node
    }

    private mutating func repeated(_ node: PatternNode) throws(TagSelectionError) -> PatternNode {
        guard let byte = next else { return node }
        let range: (least: Int, most: Int?)
        switch byte {
        case UInt8(ascii: "*"): range = (0, nil)
        case UInt8(ascii: "+"): range = (1, nil)
        case UInt8(ascii: "?"): range = (0, 1)
        case UInt8(ascii: "{"): range = try counts()
        default: return node
        }
        position += 1
        // Whether as few or as many as possible are taken makes no difference to whether there is a match.
        _ = skip("?")
        if let byte = next, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "{") {
            throw error("a repetition is repeated")
        }
        return .repetition(node, least: range.least, most: range.most)
    }

    /// Ends at the closing brace.
    private mutating func counts() throws(TagSelectionError) -> (least: Int, most: Int?) {
        guard let close = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else { throw error("a { is not closed") }
        let parts = bytes[(position + 1)..<close].split(
            separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        let numbers = parts.map { Int(String(decoding: $0, as: UTF8.self)) }
        guard let least = numbers[0], parts.count <= 2, parts.count == 1 || parts[1].isEmpty || numbers[1] != nil,
            (0...1_000).contains(least)
        else { throw error("a repetition is not of the form {2}, {2,} or {2,3}") }
        position = close
        guard parts.count == 2 else { return (least, least) }
        guard let most = numbers[1] else { return (least, nil) }
        guard least <= most, most <= 1_000 else { throw error("a repetition is not from few to at most 1000") }
        return (least, most)
    }

    func error(_ problem: String) -> TagSelectionError {
        TagSelectionError(
            .regex, String(decoding: bytes, as: UTF8.self), problem, right: #"one such as ^3\.1[0-9](-slim)?$"#)
    }
}
