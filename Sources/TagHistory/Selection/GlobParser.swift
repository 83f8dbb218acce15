/// Reads a glob.
struct GlobParser {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(TagSelectionError) -> PatternNode {
        let node = try sequence(depth: 0)
        guard position == bytes.count else { throw error("a } closes nothing") }
        return node
    }

    private mutating func sequence(depth: Int) throws(TagSelectionError) -> PatternNode {
        var nodes: [PatternNode] = []
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "}") || (depth > 0 && byte == UInt8(ascii: ",")) { break }
            position += 1
            switch byte {
            case UInt8(ascii: "*"): nodes.append(.anything)
            case UInt8(ascii: "?"): nodes.append(.character(.all))
            case UInt8(ascii: "["): nodes.append(try set())
            case UInt8(ascii: "{"): nodes.append(try choice(depth: depth + 1))
            case UInt8(ascii: "\\"):
                guard position < bytes.count else { throw error("a \\ stands at its end") }
                nodes.append(.character(ASCIISet(bytes[position])))
                position += 1
            default: nodes.append(.character(ASCIISet(byte)))
            }
        }
        return .sequence(nodes)
    }

    private mutating func choice(depth: Int) throws(TagSelectionError) -> PatternNode {
        guard depth <= 10 else { throw error("more than ten { stand in one another") }
        var nodes: [PatternNode] = []
        repeat {
            nodes.append(try sequence(depth: depth))
            guard position < bytes.count else { throw error("a { is not closed") }
            position += 1
        } while bytes[position - 1] == UInt8(ascii: ",")
        return .choice(nodes)
    }

    private mutating func set() throws(TagSelectionError) -> PatternNode {
        var set = ASCIISet()
        let isNegated =
            position < bytes.count && (bytes[position] == UInt8(ascii: "!") || bytes[position] == UInt8(ascii: "^"))
        if isNegated { position += 1 }
        let first = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "]") || position == first {
            let low = bytes[position]
            position += 1
            if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "-"),
                bytes[position + 1] != UInt8(ascii: "]")
            {
                let high = bytes[position + 1]
                guard low <= high else { throw error("in a range such as [a-z] the lesser comes first") }
                set.formUnion(ASCIISet(low...high))
                position += 2
            } else {
                set.insert(low)
            }
        }
        guard position < bytes.count else { throw error("a [ is not closed") }
        position += 1
        return .character(isNegated ? set.inverted : set)
    }

    private func error(_ problem: String) -> TagSelectionError {
        TagSelectionError(
            .glob, String(decoding: bytes, as: UTF8.self), problem,
            right: "one such as 3.1?-*, [0-9]* or *-{slim,alpine}")
    }
}
