public import OCI

/// What is known of a digest's content, for comparing it with another's.
public struct KnownContent: Hashable, Sendable {
    public var isIndex: Bool
    /// An index's images; a single image's own platform with its own digest, empty where it is not known.
    public var platforms: [PlatformDigest]
    /// The index holds more images than those, without saying what they run on.
    public var hasUnnamedPlatforms: Bool
    /// The layers of those images whose manifests were read.
    public var layers: [Digest: Layers]

    public init(
        isIndex: Bool, platforms: [PlatformDigest], hasUnnamedPlatforms: Bool = false, layers: [Digest: Layers] = [:]
    ) {
        self.isIndex = isIndex
        self.platforms = platforms
        self.hasUnnamedPlatforms = hasUnnamedPlatforms
        self.layers = layers
    }

    /// A list of layers, told from others by its hash.
    public enum Layers: Hashable, Sendable {
        /// The image has nothing but its configuration, so that is what it is.
        case none
        case hash([UInt8])
    }
}
