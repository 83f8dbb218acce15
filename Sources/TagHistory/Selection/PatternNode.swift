/// The ASCII characters, as a set.
struct ASCIISet: Hashable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    static let all = ASCIISet().inverted

    init() {}
    init(_ byte: UInt8) { insert(byte) }
    init(_ range: ClosedRange<UInt8>) { range.forEach { insert($0) } }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
    }

    mutating func formUnion(_ other: ASCIISet) {
        low |= other.low
        high |= other.high
    }

    func contains(_ byte: UInt8) -> Bool {
        (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1
    }

    var inverted: ASCIISet {
        var result = self
        result.low = ~low
        result.high = ~high
        return result
    }

    /// Letters in both cases where one is in it.
    var caseless: ASCIISet {
        var result = self
        for lower in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(lower) || contains(lower & 0xDF) {
            result.insert(lower)
            result.insert(lower & 0xDF)
        }
        return result
    }

    static let digits = ASCIISet(0x30...0x39)
    static let upperCase = ASCIISet(0x41...0x5A)
    static let lowerCase = ASCIISet(0x61...0x7A)
    static let letters = upperCase.union(lowerCase)
    static let alphanumeric = letters.union(digits)
    static let word = alphanumeric.union(ASCIISet(UInt8(ascii: "_")))
    static let space = ASCIISet(0x09...0x0D).union(ASCIISet(0x20))

    func union(_ other: ASCIISet) -> ASCIISet {
        var result = self
        result.formUnion(other)
        return result
    }
}

/// What globs and regular expressions have in common.
indirect enum PatternNode: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case start, end, wordBoundary, insideWord
    }

    case character(ASCIISet)
    case place(Place)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// Without `most` any number of times.
    case repetition(PatternNode, least: Int, most: Int?)

    static let anything = PatternNode.repetition(.character(.all), least: 0, most: nil)
}
