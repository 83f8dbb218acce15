/// A registry's host and port as the distribution grammar writes them.
/// https://github.com/distribution/reference/blob/main/regexp.go
struct HostGrammar {
    /// Without brackets and port.
    var host: String
    var port: Int?
    /// With brackets and port.
    var name: String

    /// Whether the first part of a name, up to its first `/`, is a host rather than a part of the repository.
    static func isHost(_ part: Bytes) -> Bool {
        part.contains { $0 == .dot || $0 == .colon || $0.isUpperCase } || part.elementsEqual("localhost".utf8)
    }

    init(_ part: Bytes, in text: some StringProtocol) throws(ReferenceError) {
        guard !part.isEmpty else { throw ReferenceError(.badHost, text) }
        let hostEnd: Int
        if part.first == .openBracket {
            guard let close = part.firstIndex(of: .closeBracket) else { throw ReferenceError(.badHost, text) }
            guard let address = IPv6Text.normalised(part[(part.startIndex + 1)..<close]) else {
                throw ReferenceError(.badHost, text)
            }
            hostEnd = close + 1
            host = address
            name = "[" + address + "]"
        } else {
            hostEnd = part.firstIndex(of: .colon) ?? part.endIndex
            guard let domain = Self.domain(part[..<hostEnd]) else { throw ReferenceError(.badHost, text) }
            host = domain
            name = domain
        }
        guard hostEnd < part.endIndex else { return }
        guard part[hostEnd] == .colon else { throw ReferenceError(.badHost, text) }
        guard let number = Self.port(part[(hostEnd + 1)...]) else { throw ReferenceError(.badPort, text) }
        port = number
        name += ":\(number)"
        if part.first != .openBracket, !host.utf8.contains(.dot) {
            // With a port the name reads as a host in any case.
            host = host.lowercased()
            name = host + ":\(number)"
        }
    }

    /// A domain name or IPv4 address in its one spelling.
    ///
    /// Lower-case and without the root's dot, except where a name of one label reads as a host only because of its
    /// capitals or its dot: `Build/app` stays what it is, because `build/app` is another image.
    private static func domain(_ bytes: Bytes) -> String? {
        guard !bytes.isEmpty, bytes.count <= 253 else { return nil }
        var labels = bytes.split(separator: .dot, omittingEmptySubsequences: false)
        let rooted = labels.count > 1 && labels.last?.isEmpty == true
        if rooted { labels.removeLast() }
        for label in labels {
            guard let first = label.first, let last = label.last, first != .dash, last != .dash,
                label.allSatisfy({ $0.isAlphanumeric || $0 == .dash })
            else { return nil }
        }
        let lower = bytes.map(\.lowerCased)
        if labels.count > 1 { return lower[..<(rooted ? lower.count - 1 : lower.count)].text }
        if rooted || lower.elementsEqual("localhost".utf8) { return lower[...].text }
        return bytes.text
    }

    private static func port(_ bytes: Bytes) -> Int? {
        guard (1...5).contains(bytes.count), bytes.allSatisfy(\.isDigit), bytes.first != UInt8(ascii: "0") else {
            return nil
        }
        let number = bytes.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return number <= 65_535 ? number : nil
    }
}
