import Crypto
import Foundation

/// What somebody shows who may write: `tagbeat_` and 43 characters that nobody guesses. Only its hash is kept.
package struct AccessToken: Sendable {
    package let text: String

    private static let prefix = "tagbeat_"

    /// A new one.
    package init() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let base64 = Data(bytes).base64EncodedString()
        text =
            Self.prefix
            + base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Nil for what cannot be one, so that nothing is asked of the database for it.
    init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 43 else { return nil }
        self.text = String(text)
    }

    /// With so much chance in it, one round of hashing is enough.
    package var hash: [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }
}
