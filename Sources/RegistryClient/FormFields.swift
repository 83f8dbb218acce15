/// Names and values as forms and queries carry them. https://url.spec.whatwg.org/#application/x-www-form-urlencoded
enum FormFields {
    static func text(_ fields: [(String, String)]) -> String {
        fields.map { escaped($0.0) + "=" + escaped($0.1) }.joined(separator: "&")
    }

    // `:`, `/` and `,` may stand in a query, and scopes are full of them.
    static func escaped(_ text: String, leaving extra: String = "-._~:/,") -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if extra.utf8.contains(byte) {
                    result.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    let hex = String(byte, radix: 16, uppercase: true)
                    result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
                }
            }
        }
        return result
    }
}
