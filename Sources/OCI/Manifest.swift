#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a tag points at: one image, or an index of images for several platforms.
///
/// Only what Tagbeat compares and shows is kept. The media type inside is optional, so the shape decides.
/// https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md
public enum Manifest: Hashable, Sendable {
    case index([Entry], facts: ImageFacts = ImageFacts())
    case image(Image)

    /// One manifest of an index.
    public struct Entry: Hashable, Sendable {
        public let digest: Digest
        public let mediaType: MediaType?
        public let platform: Platform?
        /// An attestation, a signature or another companion of an image, not an image.
        public let isCompanion: Bool
        public let facts: ImageFacts

        /// Something to run, whether or not the index says on what.
        var isImage: Bool { !isCompanion && platform?.isUnknown != true }
    }

    /// One image's own manifest.
    public struct Image: Hashable, Sendable {
        public let config: Digest
        /// Nil where the manifest leaves it out.
        public let configType: MediaType?
        public let layers: [Digest]
        public let facts: ImageFacts

        public init(config: Digest, configType: MediaType? = nil, layers: [Digest], facts: ImageFacts = ImageFacts()) {
            self.config = config
            self.configType = configType
            self.layers = layers
            self.facts = facts
        }

        /// The configuration is an image's: charts, modules and policies have others, which say nothing to us.
        public var hasImageConfig: Bool { configType.map(MediaType.imageConfigs.contains) ?? true }
    }

    /// An index of more entries is refused: the largest real ones have some dozens.
    public static let maximumEntries = 2_000
    /// What the distribution specification asks registries to accept at least.
    public static let maximumBytes = 4 * 1_024 * 1_024

    public init(parsing bytes: [UInt8]) throws(ManifestError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
        guard JSONBounds.holds(bytes, depth: 32) else { throw .notJSON }
        let document: ManifestDocument
        do {
            document = try JSONDecoder().decode(ManifestDocument.self, from: Data(bytes))
        } catch {
            throw .otherShape
        }
        self = try document.manifest()
    }

    /// The media type that the shape has in OCI's terms, for where no header says it.
    public var impliedMediaType: MediaType {
        switch self {
        case .index: .ociIndex
        case .image: .ociManifest
        }
    }

    /// An index's images by platform, in its order; attestations and unknown platforms left out.
    public var platforms: [PlatformDigest] {
        guard case .index(let entries, _) = self else { return [] }
        return entries.compactMap { entry in
            guard entry.isImage, let platform = entry.platform else { return nil }
            return PlatformDigest(platform: platform, digest: entry.digest)
        }
    }

    /// An index holds images of which it does not say what they run on.
    public var hasUnnamedPlatforms: Bool {
        guard case .index(let entries, _) = self else { return false }
        return entries.contains { $0.isImage && $0.platform == nil }
    }
}

/// Why some bytes are no manifest.
public enum ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge
    case notJSON
    case otherShape
    /// Docker's schema 1, whose digest is not the hash of its bytes.
    case schema1
    case tooManyEntries(Int)
    case badDigest(DigestError)

    public var description: String {
        switch self {
        case .tooLarge: "the manifest is larger than \(Manifest.maximumBytes) bytes"
        case .notJSON: "the manifest is not JSON, or nested too deeply"
        case .otherShape: "the answer is neither an image manifest nor an index"
        case .schema1: "the manifest is of Docker's schema 1, which no current registry serves"
        case .tooManyEntries(let count): "the index lists \(count) manifests, more than \(Manifest.maximumEntries)"
        case .badDigest(let error): "the manifest holds a wrong digest: \(error)"
        }
    }
}
