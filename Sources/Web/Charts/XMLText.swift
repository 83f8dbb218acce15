enum XMLText {
    /// Text for an element or a quoted attribute; what XML cannot hold is left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            default: if isCharacter(scalar) { result.unicodeScalars.append(scalar) }
            }
        }
        return result
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
