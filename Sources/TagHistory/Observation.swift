public import OCI

/// What one tag was at one time: the raw material of its history.
public struct Observation: Hashable, Sendable {
    /// Nil: the registry had no such tag.
    public var digest: Digest?
    public var observedAt: Timestamp
    /// Until then the tag did not bear this digest yet, as far as the source knows.
    public var notBefore: Timestamp?
    /// The registry's own push time.
    public var pushedAt: Timestamp?
    public var mediaType: MediaType?
    public var source: Source

    public init(
        digest: Digest?, observedAt: Timestamp, notBefore: Timestamp? = nil, pushedAt: Timestamp? = nil,
        mediaType: MediaType? = nil, source: Source
    ) {
        self.digest = digest
        self.observedAt = observedAt
        self.notBefore = notBefore
        self.pushedAt = pushedAt
        self.mediaType = mediaType
        self.source = source
    }
}
