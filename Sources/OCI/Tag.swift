/// A name that a repository gives to one manifest at a time.
public struct Tag: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let name: String

    public static let latest = Tag(unchecked: "latest")

    // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
    /// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    public init(parsing text: some StringProtocol) throws(ReferenceError) {
        try self.init(ReferenceScanner.bytes(of: text), in: text)
    }

    init(_ bytes: Bytes, in text: some StringProtocol) throws(ReferenceError) {
        guard let first = bytes.first, first != .dot, first != .dash else { throw ReferenceError(.badTag, text) }
        for byte in bytes {
            guard byte.isAlphanumeric || byte == .underscore || byte == .dot || byte == .dash else {
                throw ReferenceError(.badTag, text)
            }
        }
        guard bytes.count <= 128 else { throw ReferenceError(.tagTooLong, text) }
        name = bytes.text
    }

    private init(unchecked name: String) {
        self.name = name
    }

    /// Whether the tag names an artifact beside an image (a signature, an attestation, a build), not an image version:
    /// it holds a run of 32 or more letters and digits, as `sha256-<64 hex>.sig` does.
    public var isArtifact: Bool {
        var run = 0
        for byte in name.utf8 {
            run = byte.isAlphanumeric ? run + 1 : 0
            if run >= 32 { return true }
        }
        return false
    }

    public var description: String { name }

    public static func < (left: Tag, right: Tag) -> Bool { left.name < right.name }
}
