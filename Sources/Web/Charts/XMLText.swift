enum XMLText {
    /// Text for an element or a quoted attribute; what XML cannot hold is left out.
    /// - Parameter isLong: its lines are kept.
    static func escaped(_ text: String, isLong: Bool = false) -> String {
        // Over the bytes in one go: this runs for every piece of text of every page.
        let isAllPlain = text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isPlain) }
        guard !(isAllPlain ?? text.utf8.allSatisfy(isPlain)) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": isLong ? result.unicodeScalars.append(scalar) : result.append(" ")
            default: if isCharacter(scalar) { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }

    /// A letter, a digit or another character of ASCII that stands for itself, as nearly all are.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x21, 0x23...0x25, 0x28...0x3b, 0x3d, 0x3f...0x7e: true
        default: false
        }
    }

    /// No control characters, which XML 1.0 forbids or discourages, and no noncharacters.
    /// https://www.w3.org/TR/xml/#charsets
    private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0xfdd0...0xfdef: false
        default: scalar.value & 0xfffe != 0xfffe
        }
    }
}

extension String {
    /// As text of an element or of a quoted attribute.
    var xml: String { XMLText.escaped(self) }
}
