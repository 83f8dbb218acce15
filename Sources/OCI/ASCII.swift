/// Byte classes of the distribution grammar; bytes rather than characters, because the grammar is ASCII alone.
extension UInt8 {
    var isLowerCase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    var isUpperCase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isLetter: Bool { isLowerCase || isUpperCase }
    var isAlphanumeric: Bool { isLetter || isDigit }
    var isLowerCaseAlphanumeric: Bool { isLowerCase || isDigit }
    var lowerCased: UInt8 { isUpperCase ? self | 0x20 : self }

    /// The value of a lower-case hexadecimal digit. Digests are lower-case only.
    var lowerCaseHexValue: UInt8? {
        if isDigit { return self - UInt8(ascii: "0") }
        return self >= UInt8(ascii: "a") && self <= UInt8(ascii: "f") ? self - UInt8(ascii: "a") + 10 : nil
    }

    static let dot = UInt8(ascii: ".")
    static let dash = UInt8(ascii: "-")
    static let underscore = UInt8(ascii: "_")
    static let slash = UInt8(ascii: "/")
    static let colon = UInt8(ascii: ":")
    static let at = UInt8(ascii: "@")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
}

typealias Bytes = ArraySlice<UInt8>

extension ArraySlice<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }
}
