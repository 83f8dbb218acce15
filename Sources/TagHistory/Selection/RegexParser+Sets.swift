extension RegexParser {
    /// What follows a backslash outside of brackets.
    mutating func escape() throws(TagSelectionError) -> PatternNode {
        guard position < bytes.count else { throw error(#"a \ stands at its end"#) }
        switch bytes[position] {
        case UInt8(ascii: "b"): return place(.wordBoundary)
        case UInt8(ascii: "B"): return place(.insideWord)
        case UInt8(ascii: "A"): return place(.start)
        case UInt8(ascii: "z"), UInt8(ascii: "Z"): return place(.end)
        case 0x31...0x39: throw error("it refers back to a group, which takes no bounded time")
        default: return .character(try escapedSet())
        }
    }

    private mutating func place(_ place: PatternNode.Place) -> PatternNode {
        position += 1
        return .place(place)
    }

    private mutating func escapedSet() throws(TagSelectionError) -> ASCIISet {
        guard position < bytes.count else { throw error(#"a \ stands at its end"#) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ASCIISet.digits.inverted
        case UInt8(ascii: "w"): return .word
        case UInt8(ascii: "W"): return ASCIISet.word.inverted
        case UInt8(ascii: "s"): return .space
        case UInt8(ascii: "S"): return ASCIISet.space.inverted
        default:
            guard !byte.isLetter, !byte.isDigit else {
                throw error("\\\(Character(Unicode.Scalar(byte))) means nothing here")
            }
            return ASCIISet(byte)
        }
    }

    /// `[a-z]`, up to its end.
    mutating func set() throws(TagSelectionError) -> ASCIISet {
        var set = ASCIISet()
        let isNegated = position < bytes.count && bytes[position] == UInt8(ascii: "^")
        if isNegated { position += 1 }
        let first = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "]") || position == first {
            let low = bytes[position]
            position += 1
            if low == UInt8(ascii: "\\") {
                // As the end of a range an escaped character is so rare that it is none here.
                set.formUnion(try escapedSet())
            } else if low == UInt8(ascii: "["), position < bytes.count, bytes[position] == UInt8(ascii: ":") {
                set.formUnion(try namedSet())
            } else if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "-"),
                bytes[position + 1] != UInt8(ascii: "]")
            {
                let high = bytes[position + 1]
                guard low <= high, high != UInt8(ascii: "\\") else {
                    throw error("in a range such as [a-z] the lesser comes first")
                }
                set.formUnion(ASCIISet(low...high))
                position += 2
            } else {
                set.insert(low)
            }
        }
        guard position < bytes.count else { throw error("a [ is not closed") }
        position += 1
        return isNegated ? set.inverted : set
    }

    private mutating func namedSet() throws(TagSelectionError) -> ASCIISet {
        let sets: [(String, ASCIISet)] = [
            (":digit:]", .digits), (":alpha:]", .letters), (":alnum:]", .alphanumeric), (":lower:]", .lowerCase),
            (":upper:]", .upperCase), (":word:]", .word),
        ]
        for (name, set) in sets where bytes[position...].starts(with: name.utf8) {
            position += name.utf8.count
            return set
        }
        throw error("there is no such class as [: begins; use [:digit:], [:alpha:], [:alnum:], [:lower:] or [:upper:]")
    }
}
