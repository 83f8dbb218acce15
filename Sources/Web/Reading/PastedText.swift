/// A line of a pasted text, without its end.
struct PastedLine: Hashable, Sendable {
    /// From 1 on.
    let number: Int
    let text: Substring

    /// Without white space at either end.
    var trimmed: Substring { text.trimmingBlanks }

    /// White space before the text.
    var indent: Int { text.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count }
}

enum PastedText {
    /// The lines of a text, after everything that makes it no text is refused.
    static func lines(_ bytes: some Collection<UInt8>) throws(PastedTextError) -> [PastedLine] {
        guard bytes.count <= PastedImages.maximumBytes else { throw .tooLong(bytes: bytes.count) }
        var bytes = Array(bytes)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
        if let bad = bytes.firstIndex(where: isBinary) {
            throw .binary(line: bytes[..<bad].reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) })
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .binary(line: badLine(bytes)) }
        // A carriage return and a line feed are one Character, so lines are cut in bytes.
        return text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().map { index, line in
            PastedLine(number: index + 1, text: Substring(line.last == 0x0d ? line.dropLast() : line))
        }
    }

    /// Control characters but tabs, line ends, form feeds and the escape of terminal colours.
    private static func isBinary(_ byte: UInt8) -> Bool {
        (byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains(byte)) || byte == 0x7f
    }

    /// The line in which UTF-8 ends.
    private static func badLine(_ bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
    }
}

extension Substring {
    var trimmingBlanks: Substring {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isBlank }) else { return self[endIndex...] }
        let last = scalars.lastIndex { !$0.isBlank } ?? first
        return self[first..<scalars.index(after: last)]
    }
}

extension Unicode.Scalar {
    /// Spaces and what looks like one in a pasted text.
    var isBlank: Bool {
        switch value {
        case 0x20, 0x09, 0x0b, 0x0c, 0x0d, 0xa0, 0x2007, 0x202f, 0x3000, 0xfeff: true
        default: false
        }
    }
}
