/// The next page's address in Link headers. https://www.rfc-editor.org/rfc/rfc8288#section-3
enum LinkHeader {
    /// The target of the first link whose relations hold `next`, verbatim; nil where there is none.
    ///
    /// Some registries leave `rel` out: a lone link without any relation is taken as the next page.
    static func next(_ headers: some Sequence<String>) -> String? {
        var links = [Link]()
        for header in headers {
            var scanner = LinkScanner(bytes: Array(header.utf8.prefix(16_384)))
            links += scanner.links()
        }
        if let next = links.first(where: { $0.relations?.contains("next") == true }) { return next.target }
        guard links.count == 1, let only = links.first, only.relations == nil else { return nil }
        return only.target
    }
}

private struct Link {
    let target: String
    var relations: [String]?
}

private struct LinkScanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func links() -> [Link] {
        var result = [Link]()
        while position < bytes.count {
            skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard take("<"), let target = text(upTo: ">") else {
                skip { $0 != UInt8(ascii: ",") }
                continue
            }
            var link = Link(target: target)
            while parameter(&link) {}
            result.append(link)
        }
        return result
    }

    private mutating func parameter(_ link: inout Link) -> Bool {
        skip { $0 == 0x20 || $0 == 0x09 }
        guard take(";") else { return false }
        skip { $0 == 0x20 || $0 == 0x09 }
        let start = position
        skip { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") && $0 != 0x20 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
        skip { $0 == 0x20 || $0 == 0x09 }
        guard take("=") else { return true }
        skip { $0 == 0x20 || $0 == 0x09 }
        let value: String
        if take("\"") {
            guard let quoted = text(upTo: "\"") else { return false }
            value = quoted
        } else {
            let first = position
            skip { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") && $0 != 0x20 && $0 != 0x09 }
            value = String(decoding: bytes[first..<position], as: UTF8.self)
        }
        if name == "rel", link.relations == nil {
            link.relations = value.lowercased().split(separator: " ").map(String.init)
        }
        return true
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func text(upTo end: Unicode.Scalar) -> String? {
        guard let close = bytes[position...].firstIndex(of: UInt8(ascii: end)) else {
            position = bytes.count
            return nil
        }
        defer { position = close + 1 }
        return String(decoding: bytes[position..<close], as: UTF8.self)
    }
}
