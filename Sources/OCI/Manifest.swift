#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a tag points at: one image, or an index of images for several platforms.
///
/// Only what Tagbeat compares is kept. The media type inside is optional, so the shape decides.
/// https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md
public enum Manifest: Hashable, Sendable {
    case index([Entry])
    case image(config: Digest, layers: [Digest])

    /// One manifest of an index.
    public struct Entry: Hashable, Sendable {
        public let digest: Digest
        public let mediaType: MediaType?
        public let platform: Platform?
        /// An attestation or another companion of an image, not an image.
        public let isAttestation: Bool
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
        } catch let error as DigestError {
            throw .badDigest(error)
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
        guard case .index(let entries) = self else { return [] }
        return entries.compactMap { entry in
            guard let platform = entry.platform, !platform.isUnknown, !entry.isAttestation else { return nil }
            return PlatformDigest(platform: platform, digest: entry.digest)
        }
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

private struct ManifestDocument: Decodable {
    struct Descriptor: Decodable {
        let digest: String
        let mediaType: String?
        let platform: PlatformDocument?
        let annotations: [String: String]?
    }

    struct PlatformDocument: Decodable {
        let os: String?
        let architecture: String?
        let variant: String?
        let osVersion: String?

        enum CodingKeys: String, CodingKey {
            case os, architecture, variant
            case osVersion = "os.version"
        }

        var platform: Platform? {
            // Read back through the text form, which refuses what could not be stored and shown.
            guard let os, let architecture else { return nil }
            let platform = Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
            return Platform(parsing: platform.description)
        }
    }

    let schemaVersion: Int?
    let manifests: [Descriptor]?
    let config: Descriptor?
    let layers: [Descriptor]?

    func manifest() throws(ManifestError) -> Manifest {
        if schemaVersion == 1 { throw .schema1 }
        if let manifests {
            guard manifests.count <= Manifest.maximumEntries else { throw .tooManyEntries(manifests.count) }
            var entries = [Manifest.Entry]()
            entries.reserveCapacity(manifests.count)
            for descriptor in manifests {
                let kind = descriptor.annotations?["vnd.docker.reference.type"]
                entries.append(
                    Manifest.Entry(
                        digest: try Self.digest(descriptor),
                        mediaType: descriptor.mediaType.flatMap { MediaType(header: $0) },
                        platform: descriptor.platform?.platform, isAttestation: kind == "attestation-manifest"))
            }
            return .index(entries)
        }
        guard let config, let layers else { throw .otherShape }
        guard layers.count <= Manifest.maximumEntries else { throw .tooManyEntries(layers.count) }
        var digests = [Digest]()
        for layer in layers { digests.append(try Self.digest(layer)) }
        return .image(config: try Self.digest(config), layers: digests)
    }

    private static func digest(_ descriptor: Descriptor) throws(ManifestError) -> Digest {
        do {
            return try Digest(parsing: descriptor.digest)
        } catch {
            throw .badDigest(error)
        }
    }
}
