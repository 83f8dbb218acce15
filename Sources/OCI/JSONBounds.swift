/// A look at JSON's bytes before a decoder sees them: nesting ten thousand deep must fail, not overflow a stack.
public enum JSONBounds {
    /// Whether the text nests at most `depth` arrays and objects, all its brackets and strings are closed, and its
    /// strings and numbers can be read.
    ///
    /// The decoder looks at a string or number only when it is asked for it, and then says in which line it found one
    /// that is none: where elements that cannot be read are passed over, that takes quadratic time, of sixteen megabytes
    /// hours. The rest is left to the decoder. One pass, no allocation.
    public static func holds(_ bytes: some Sequence<UInt8>, depth limit: Int) -> Bool {
        var depth = 0
        var string: JSONStringScanner?
        var number: JSONNumberScanner?
        for byte in bytes {
            if string != nil {
                switch string?.take(byte) {
                case .goesOn: continue
                case .ends: string = nil
                case .isWrong, nil: return false
                }
                continue
            }
            if number != nil {
                switch number?.take(byte) {
                case .goesOn: continue
                case .ends: number = nil
                case .isWrong, nil: return false
                }
            }
            switch byte {
            case UInt8(ascii: "\""): string = JSONStringScanner()
            case UInt8(ascii: "-"), 0x30...0x39: number = JSONNumberScanner(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > limit { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return false }
            default: break
            }
        }
        return depth == 0 && string == nil && number?.isWhole ?? true
    }
}

enum JSONScanStep {
    case goesOn, ends, isWrong
}

/// A number, byte by byte. https://www.rfc-editor.org/rfc/rfc8259#section-6
struct JSONNumberScanner {
    private enum State {
        case minus, zero, digits, point, fraction, exponent, exponentSign, exponentDigits
    }

    private var state: State

    /// - Parameter first: a minus or a digit.
    init(_ first: UInt8) {
        state = first == UInt8(ascii: "-") ? .minus : first == 0x30 ? .zero : .digits
    }

    /// It may end here.
    var isWhole: Bool { [.zero, .digits, .fraction, .exponentDigits].contains(state) }

    /// What ends a number is not part of it.
    mutating func take(_ byte: UInt8) -> JSONScanStep {
        switch (state, byte) {
        case (.minus, 0x30): state = .zero
        case (.minus, 0x31...0x39): state = .digits
        case (.digits, 0x30...0x39), (.fraction, 0x30...0x39), (.exponentDigits, 0x30...0x39): break
        case (.zero, UInt8(ascii: ".")), (.digits, UInt8(ascii: ".")): state = .point
        case (.point, 0x30...0x39): state = .fraction
        case (.zero, UInt8(ascii: "e")), (.zero, UInt8(ascii: "E")), (.digits, UInt8(ascii: "e")),
            (.digits, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
            state = .exponent
        case (.exponent, UInt8(ascii: "+")), (.exponent, UInt8(ascii: "-")): state = .exponentSign
        case (.exponent, 0x30...0x39), (.exponentSign, 0x30...0x39): state = .exponentDigits
        default: return isWhole && !Self.belongs(byte) ? .ends : .isWrong
        }
        return .goesOn
    }

    private static func belongs(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    }
}
