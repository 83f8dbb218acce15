public import OCI

/// How one attempt to learn a tag's digest ended.
public enum DigestOutcome: Hashable, Sendable {
    case found(DigestAnswer)
    /// The registry has no such tag, or no such repository.
    case missing
    case failed(CheckFailure)
}

public struct DigestAnswer: Hashable, Sendable {
    public let digest: Digest
    /// Nil where the registry did not say it.
    public let mediaType: MediaType?

    public init(digest: Digest, mediaType: MediaType?) {
        self.digest = digest
        self.mediaType = mediaType
    }
}
