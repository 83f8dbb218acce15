/// Text from outside made fit for an error message, a log line or a page: cut, and without characters that act.
public enum PrintableText {
    /// The beginning of `text`, with control, format and line-breaking characters written as `\u{…}`.
    ///
    /// - Parameter limit: how many characters (Unicode scalars) of the input are looked at; the rest becomes `…`.
    public static func excerpt(_ text: some StringProtocol, limit: Int = 100) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else {
                result += "…"
                break
            }
            count += 1
            if isHarmless(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }

    static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7f }
        // Bidirectional overrides and zero-width characters are "format": they make one name look like another.
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: return false
        default: return true
        }
    }
}
