/// A JSON object of plain strings and nulls, as nearly every line of an export is: read a dozen times as fast as by a
/// decoder, which is asked about everything else.
struct PlainObject {
    /// In the order of the line; nil is null.
    private(set) var members: [(name: String, value: String?)] = []

    /// Nil where the line is anything else, or nothing proper at all: escapes, numbers, names that come twice.
    init?(_ bytes: ArraySlice<UInt8>) {
        var scanner = PlainScanner(rest: bytes)
        guard scanner.skip(UInt8(ascii: "{")) else { return nil }
        if scanner.skip(UInt8(ascii: "}")), scanner.isAtEnd { return }
        repeat {
            guard let name = scanner.string(), scanner.skip(UInt8(ascii: ":")),
                !members.contains(where: { $0.name == name })
            else { return nil }
            if let value = scanner.string() {
                members.append((name, value))
            } else if scanner.null() {
                members.append((name, nil))
            } else {
                return nil
            }
        } while scanner.skip(UInt8(ascii: ","))
        guard scanner.skip(UInt8(ascii: "}")), scanner.isAtEnd else { return nil }
    }

    /// Nil where there is no such member.
    subscript(name: String) -> String?? { members.first { $0.name == name }.map(\.value) }
}

private struct PlainScanner {
    var rest: ArraySlice<UInt8>

    var isAtEnd: Bool {
        mutating get {
            skipSpaces()
            return rest.isEmpty
        }
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        skipSpaces()
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func null() -> Bool {
        skipSpaces()
        guard rest.starts(with: [0x6E, 0x75, 0x6C, 0x6C]) else { return false }
        rest = rest.dropFirst(4)
        return true
    }

    /// ASCII without escapes and control characters.
    mutating func string() -> String? {
        skipSpaces()
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        let start = rest.startIndex + 1
        var end = start
        while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
            guard (0x20..<0x7F).contains(rest[end]), rest[end] != UInt8(ascii: "\\") else { return nil }
            end += 1
        }
        guard end < rest.endIndex else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[start..<end], as: UTF8.self)
    }

    private mutating func skipSpaces() {
        while let byte = rest.first, byte == 0x20 || byte == 0x09 || byte == 0x0D { rest = rest.dropFirst() }
    }
}
