/// One challenge of a WWW-Authenticate header. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
struct Challenge: Hashable, Sendable {
    /// In lower case.
    let scheme: String
    /// Names in lower case, values as they stand. A challenge with a token68 has none.
    let parameters: [String: String]

    /// More than any registry sends; what lies beyond is left unread.
    private static let longestHeader = 8_192
    private static let mostChallenges = 16

    /// All challenges of all WWW-Authenticate headers, in order. What cannot be read is left out.
    static func parse(_ headers: some Sequence<String>) -> [Challenge] {
        var all = [Challenge]()
        for header in headers {
            var scanner = ChallengeScanner(header.utf8.prefix(longestHeader))
            all += scanner.challenges()
            if all.count > mostChallenges { return Array(all.prefix(mostChallenges)) }
        }
        return all
    }
}

private struct ChallengeScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    // A comma separates both parameters and challenges: a word not followed by `=` begins a new challenge.
    mutating func challenges() -> [Challenge] {
        var result = [Challenge]()
        var scheme: String?
        var parameters = [String: String]()
        func finish() {
            if let scheme { result.append(Challenge(scheme: scheme.lowercased(), parameters: parameters)) }
        }
        while position < bytes.count {
            skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard let word = token() else {
                // Not a word: skip to what follows the next comma.
                skip { $0 != UInt8(ascii: ",") }
                continue
            }
            let afterWord = position
            skip { $0 == 0x20 || $0 == 0x09 }
            guard scheme != nil, position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                if scheme != nil { finish() }
                scheme = word
                parameters = [:]
                position = afterWord
                skipToken68()
                continue
            }
            position += 1
            skip { $0 == 0x20 || $0 == 0x09 }
            guard let value = quotedString() ?? token() else { continue }
            // The first of two equal names stands.
            if parameters[word.lowercased()] == nil { parameters[word.lowercased()] = value }
        }
        finish()
        return result
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }

    private mutating func token() -> String? {
        let start = position
        skip(while: Self.isTokenByte)
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    /// `Negotiate YII…==`: a scheme's single value without a name.
    private mutating func skipToken68() {
        let start = position
        skip { $0 == 0x20 || $0 == 0x09 }
        guard position > start else { return }
        let first = position
        skip { Self.isTokenByte($0) || $0 == UInt8(ascii: "/") }
        let end = position
        skip { $0 == UInt8(ascii: "=") }
        let padded = position > end
        skip { $0 == 0x20 || $0 == 0x09 }
        let ends = position == bytes.count || bytes[position] == UInt8(ascii: ",")
        if end == first || !ends || (!padded && position < bytes.count && end > first && looksLikeScheme(first..<end)) {
            position = start
        }
    }

    // `Basic, Bearer realm=…` has no token68; the comma after a bare word is left to the caller.
    private func looksLikeScheme(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
    }

    private mutating func quotedString() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var value = [UInt8]()
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                value.append(bytes[position])
                position += 1
            } else {
                value.append(byte)
            }
        }
        // Never closed: what was cut off is no value.
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
