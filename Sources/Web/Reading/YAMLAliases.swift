/// Aliases made plain text before YAML is parsed, and read back afterwards.
///
/// The parser would put an anchor's node in each alias's place, and hash and compare keys made of them: a few hundred
/// bytes can unfold to billions of nodes. So `*name` becomes a scalar that cannot stand in a text otherwise.
enum YAMLAliases {
    /// A character for private use, which no image's name can hold.
    private static let mark: Unicode.Scalar = "\u{e0f1}"

    /// Each asterisk that may begin an alias is replaced; lines stay where they are.
    static func hidden(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "*")) else { return text.filter { $0 != Character(mark) } }
        var result = String.UnicodeScalarView()
        var before: Unicode.Scalar = "\n"
        for scalar in text.unicodeScalars where scalar != mark {
            result.append(scalar == "*" && mayPrecede(before) ? mark : scalar)
            before = scalar
        }
        return String(result)
    }

    /// The name of the alias that a plain scalar stands for.
    static func name(_ scalar: String) -> String? {
        guard scalar.unicodeScalars.first == mark, scalar.unicodeScalars.count > 1 else { return nil }
        return String(scalar.unicodeScalars.dropFirst())
    }

    /// A scalar as it was written.
    static func shown(_ scalar: String) -> String {
        guard scalar.unicodeScalars.contains(mark) else { return scalar }
        var result = String.UnicodeScalarView()
        for character in scalar.unicodeScalars { result.append(character == mark ? "*" : character) }
        return String(result)
    }

    private static func mayPrecede(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\n", "\r", "[", "{", ",", ":", "?", "-": true
        default: false
        }
    }
}
