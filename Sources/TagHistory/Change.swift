public import OCI

/// One row of a tag's history. Rows stand in the order of `observedAt`, equal times in the order in which they came.
public struct Change: Hashable, Sendable {
    /// What the tag bore from here on; nil where it was missing.
    public var digest: Digest?
    /// What it bore before: for changes and for `missing`.
    public var previousDigest: Digest?
    public var kind: ChangeKind
    /// A change to a digest that the tag had borne before.
    public var reverted: Bool
    public var source: Source
    public var observedAt: Timestamp
    /// The last observation of what was before: the row happened after it, up to `observedAt`.
    public var notBefore: Timestamp?
    /// The registry's own push time, as given. Statistics believe it only inside the span: see `believedPush`.
    public var pushedAt: Timestamp?
    public var mediaType: MediaType?
    /// The platforms that a change touched; empty where they are not known.
    public var platforms: [Platform]

    public init(
        digest: Digest?, previousDigest: Digest? = nil, kind: ChangeKind, reverted: Bool = false, source: Source,
        observedAt: Timestamp, notBefore: Timestamp? = nil, pushedAt: Timestamp? = nil, mediaType: MediaType? = nil,
        platforms: [Platform] = []
    ) {
        self.digest = digest
        self.previousDigest = previousDigest
        self.kind = kind
        self.reverted = reverted
        self.source = source
        self.observedAt = observedAt
        self.notBefore = notBefore
        self.pushedAt = pushedAt
        self.mediaType = mediaType
        self.platforms = platforms
    }

    /// The push time where it lies after `notBefore` and not after `observedAt`; else it tells of another push.
    public var believedPush: Timestamp? {
        guard let pushedAt, pushedAt <= observedAt else { return nil }
        if let notBefore, pushedAt <= notBefore { return nil }
        return pushedAt
    }

    /// The one time by which a row is counted into a day, week or month.
    public var countedAt: Timestamp { believedPush ?? observedAt }
}
