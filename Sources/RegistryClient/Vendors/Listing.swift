public import OCI

/// One tag as a vendor's listing tells of it.
public struct ListedTag: Hashable, Sendable {
    public let tag: Tag
    /// Nil where the vendor left it out: then only the registry itself can tell.
    public var digest: Digest?
    public var mediaType: MediaType?
    /// Of the tag's newest push.
    public var pushedAt: Timestamp?
    /// Empty where the listing does not say them.
    public var platforms: [PlatformDigest]

    public init(
        tag: Tag, digest: Digest? = nil, mediaType: MediaType? = nil, pushedAt: Timestamp? = nil,
        platforms: [PlatformDigest] = []
    ) {
        self.tag = tag
        self.digest = digest
        self.mediaType = mediaType
        self.pushedAt = pushedAt
        self.platforms = platforms
    }
}

/// A part of a listing. What it says was true no later than when it was asked for.
public struct ListingPage: Sendable {
    /// No page has more.
    public static let mostTags = 1_000

    public let askedAt: Timestamp
    public let tags: [ListedTag]

    public init(askedAt: Timestamp, tags: [ListedTag]) {
        self.askedAt = askedAt
        self.tags = tags
    }
}

/// What a tag bore, from its vendor's own records.
public struct PastDigest: Hashable, Sendable {
    /// Nil where the record cannot be read: the tag was there, but what it bore is not known.
    public let digest: Digest?
    public let from: Timestamp
    /// Nil where the vendor does not say that it ended.
    public let until: Timestamp?

    public init(digest: Digest?, from: Timestamp, until: Timestamp? = nil) {
        self.digest = digest
        self.from = from
        self.until = until
    }
}
