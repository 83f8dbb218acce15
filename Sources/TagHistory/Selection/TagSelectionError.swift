import OCI

/// A selection that cannot be read: what is wrong with it, and what would be right.
public struct TagSelectionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Part: String, Sendable, CaseIterable {
        case glob
        case regex = "regular expression"
        case semver = "version range"
        case keep = "number of tags to keep"
    }

    public let part: Part
    /// What was given, cut to 100 characters, with control characters escaped.
    public let input: String
    public let problem: String
    /// Follows "Right would be".
    public let right: String

    init(_ part: Part, _ text: some StringProtocol, _ problem: String, right: String) {
        self.part = part
        input = PrintableText.excerpt(text)
        self.problem = problem
        self.right = right
    }

    public var description: String { "\"\(input)\" is no \(part.rawValue): \(problem). Right would be: \(right)." }
}
