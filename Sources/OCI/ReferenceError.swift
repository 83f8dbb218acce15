/// A text that is no reference to an image, or not one that is wanted in its place.
public struct ReferenceError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        case empty
        case tooLong
        /// A space, a control character or something else that no reference holds.
        case badCharacter
        /// A URL (`https://…`) where a reference is meant.
        case url
        case badHost
        case badPort
        case badRepository
        case upperCaseRepository
        case repositoryTooLong
        case badTag
        case tagTooLong
        case badDigest
        /// 64 hexadecimal digits alone: the identifier of a local image, not a name.
        case bareIdentifier
        /// A repository is meant, and a tag or a digest follows it.
        case tagNotAllowed
        /// A tag is meant, and a digest follows it.
        case digestNotAllowed
    }

    public let code: Code
    /// What was given, cut to 100 characters, with control characters escaped.
    public let input: String

    init(_ code: Code, _ text: some StringProtocol) {
        self.code = code
        input = PrintableText.excerpt(text)
    }

    public var description: String {
        input.isEmpty ? "The image reference is empty. \(advice)" : "\"\(input)\": \(reason). \(advice)"
    }

    private var reason: String {
        switch code {
        case .empty: "a part of the reference is empty"
        case .tooLong: "longer than any image reference can be"
        case .badCharacter: "it holds a character that no image reference can hold"
        case .url: "an image reference is not a URL"
        case .badHost: "the registry's host is not a valid name or address"
        case .badPort: "the registry's port is not a number from 1 to 65535"
        case .badRepository: "the repository's name is not valid"
        case .upperCaseRepository: "a repository's name is lower-case"
        case .repositoryTooLong: "the repository's name is longer than 255 characters"
        case .badTag: "the tag is not valid"
        case .tagTooLong: "the tag is longer than 128 characters"
        case .badDigest: "the digest is not valid"
        case .bareIdentifier: "64 hexadecimal digits are an image's identifier, not its name"
        case .tagNotAllowed: "a repository is meant, without a tag or digest"
        case .digestNotAllowed: "a digest names one content for ever, so there is nothing to watch: a tag is meant"
        }
    }

    private var advice: String {
        switch code {
        case .url: "Leave out the part up to ://, as in ghcr.io/owner/name:1.2."
        case .badHost: "Write a host as registry.example.com, registry.example.com:5000 or [2001:db8::1]:5000."
        case .badPort: "Write the port as in registry.example.com:5000/name."
        case .badRepository, .upperCaseRepository, .repositoryTooLong:
            "Parts of lower-case letters and digits, joined by one of . _ __ or dashes, stand between slashes."
        case .badTag, .tagTooLong: "Letters, digits, _, . and -, at most 128, not beginning with . or -."
        case .badDigest: "Write @sha256: and 64, or @sha512: and 128, lower-case hexadecimal digits."
        case .tagNotAllowed: "Write it as ghcr.io/owner/name."
        case .digestNotAllowed: "Leave out the part from @ on, as in python:3.12."
        case .empty, .tooLong, .badCharacter, .bareIdentifier: "Write it as python:3.12 or ghcr.io/owner/name:1.2."
        }
    }
}
