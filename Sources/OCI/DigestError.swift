/// A text that is no digest.
public struct DigestError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// There is no `algorithm:` before the hash.
        case form
        /// The algorithm is neither sha256 nor sha512.
        case algorithm
        /// The hash has not the algorithm's length.
        case length
        /// A character is no lower-case hexadecimal digit.
        case hexadecimal
    }

    public let code: Code
    /// What was given, cut to 100 characters and cleaned.
    public let input: String

    init(code: Code, _ text: some StringProtocol) {
        self.code = code
        input = PrintableText.excerpt(text)
    }

    init(code: Code, input: String) {
        self.code = code
        self.input = input
    }

    public var description: String {
        let reason =
            switch code {
            case .form: "it does not begin with an algorithm and a colon"
            case .algorithm: "the algorithm is neither sha256 nor sha512"
            case .length: "its length is wrong"
            case .hexadecimal: "it holds something else than lower-case hexadecimal digits"
            }
        return "\"\(input)\" is not a digest: \(reason). "
            + "Write sha256: and 64, or sha512: and 128, lower-case hexadecimal digits."
    }
}
