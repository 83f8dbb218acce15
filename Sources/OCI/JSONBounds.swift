/// A look at JSON's bytes before a recursive decoder sees them: nesting ten thousand deep must fail, not overflow a stack.
public enum JSONBounds {
    /// Whether the text nests at most `depth` arrays and objects and all its brackets and strings are closed.
    ///
    /// Nothing else is checked: the decoder does that. One pass, no allocation.
    public static func holds(_ bytes: some Sequence<UInt8>, depth limit: Int) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > limit { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return false }
            default: break
            }
        }
        return depth == 0 && !inString
    }
}
