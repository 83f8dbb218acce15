/// A string, byte by byte, from behind its opening quote. https://www.rfc-editor.org/rfc/rfc8259#section-7
struct JSONStringScanner {
    private enum State {
        case plain
        case backslash
        /// Digits of `\u` that are still to come.
        case hexadecimal(Int)
        /// A surrogate that needs another: its backslash is to come, or its `u`.
        case secondBackslash, secondU
        /// Bytes of a character that are still to come, and what the next one may be.
        /// https://www.unicode.org/versions/latest/core-spec/chapter-3/#G27506 (table 3-7)
        case continuation(Int, ClosedRange<UInt8>)
    }

    private var state = State.plain
    private var unit: UInt16 = 0
    private var needsLowSurrogate = false

    mutating func take(_ byte: UInt8) -> JSONScanStep {
        switch state {
        case .plain: return plain(byte)
        case .backslash:
            if byte == UInt8(ascii: "u") {
                state = .hexadecimal(4)
            } else {
                guard "\"\\/bfnrt".utf8.contains(byte) else { return .isWrong }
                state = .plain
            }
        case .hexadecimal(let left):
            guard let digit = byte.lowerCased.lowerCaseHexValue else { return .isWrong }
            unit = unit << 4 | UInt16(digit)
            state = .hexadecimal(left - 1)
            if left == 1 { return endUnit() }
        case .secondBackslash:
            guard byte == UInt8(ascii: "\\") else { return .isWrong }
            state = .secondU
        case .secondU:
            guard byte == UInt8(ascii: "u") else { return .isWrong }
            state = .hexadecimal(4)
        case .continuation(let left, let allowed):
            guard allowed.contains(byte) else { return .isWrong }
            state = left == 1 ? .plain : .continuation(left - 1, 0x80...0xBF)
        }
        return .goesOn
    }

    private mutating func plain(_ byte: UInt8) -> JSONScanStep {
        switch byte {
        case UInt8(ascii: "\""): return .ends
        case UInt8(ascii: "\\"): state = .backslash
        case 0x20..<0x80: break
        case 0xC2...0xDF: state = .continuation(1, 0x80...0xBF)
        case 0xE0: state = .continuation(2, 0xA0...0xBF)
        case 0xED: state = .continuation(2, 0x80...0x9F)
        case 0xE1...0xEF: state = .continuation(2, 0x80...0xBF)
        case 0xF0: state = .continuation(3, 0x90...0xBF)
        case 0xF1...0xF3: state = .continuation(3, 0x80...0xBF)
        case 0xF4: state = .continuation(3, 0x80...0x8F)
        default: return .isWrong
        }
        return .goesOn
    }

    private mutating func endUnit() -> JSONScanStep {
        let isLow = (0xDC00...0xDFFF).contains(unit)
        guard isLow == needsLowSurrogate else { return .isWrong }
        needsLowSurrogate = (0xD800...0xDBFF).contains(unit)
        state = needsLowSurrogate ? .secondBackslash : .plain
        return .goesOn
    }
}
