/// What a digest stands for, as far as it is compared and shown: an index with its platforms, or a single image.
public struct Content: Hashable, Sendable {
    public let digest: Digest
    public let mediaType: MediaType
    public let isIndex: Bool
    /// An index's images; a single image with its own digest, where its configuration tells what it runs on.
    public let platforms: [PlatformDigest]
    /// The index holds images without a platform: what is known of its platforms is not all.
    public let hasUnnamedPlatforms: Bool
    /// Those whose manifests were read: of an index only some, see ``principal``.
    public let images: [Image]
    /// What an index says of itself and of its principal image; what a single image says of itself.
    public let facts: ImageFacts

    public struct Image: Hashable, Sendable {
        public let digest: Digest
        public let layers: [Digest]
        /// What the image says of itself.
        public let facts: ImageFacts

        public init(digest: Digest, layers: [Digest], facts: ImageFacts = ImageFacts()) {
            self.digest = digest
            self.layers = layers
            self.facts = facts
        }
    }

    public init(
        digest: Digest, mediaType: MediaType, isIndex: Bool, platforms: [PlatformDigest],
        hasUnnamedPlatforms: Bool = false, images: [Image], facts: ImageFacts = ImageFacts()
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.isIndex = isIndex
        self.platforms = platforms
        self.hasUnnamedPlatforms = hasUnnamedPlatforms
        self.images = images
        self.facts = facts
    }

    /// More platforms than this are a mistake or a mischief: the largest real index has two dozen.
    public static let maximumPlatforms = 100
}

extension [PlatformDigest] {
    /// The image that stands for an index where one has to: linux/amd64, else the first by name.
    public var principal: PlatformDigest? {
        self.min { ($0.principalRank, $0.platform, $0.digest) < ($1.principalRank, $1.platform, $1.digest) }
    }
}

extension PlatformDigest {
    fileprivate var principalRank: Int {
        platform.os == "linux" && platform.architecture == "amd64" && platform.variant == nil ? 0 : 1
    }
}
