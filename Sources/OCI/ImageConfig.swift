#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What Tagbeat looks at in an image's configuration blob.
/// https://github.com/opencontainers/image-spec/blob/main/config.md
public struct ImageConfig: Hashable, Sendable {
    /// Nil where it names none, or one that could not be shown.
    public let platform: Platform?
    /// By its labels, and `created` by the member of that name where no label tells it.
    public let facts: ImageFacts
    /// The layers' contents before compression.
    public let diffIDs: [Digest]

    /// Real ones have some kilobytes.
    public static let maximumBytes = 1_024 * 1_024

    public init(parsing bytes: [UInt8]) throws(ImageConfigError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
        guard JSONBounds.holds(bytes, depth: 32) else { throw .notJSON }
        let document: ConfigDocument
        do {
            document = try JSONDecoder().decode(ConfigDocument.self, from: Data(bytes))
        } catch {
            throw .otherShape
        }
        let ids = document.rootfs?.diffIDs ?? []
        guard ids.count <= Manifest.maximumEntries else { throw .tooManyLayers(ids.count) }
        var digests = [Digest]()
        for id in ids {
            do {
                digests.append(try Digest(parsing: id))
            } catch {
                throw .badDigest(error)
            }
        }
        diffIDs = digests
        let platform = document.platform.platform
        self.platform = platform?.isUnknown == true ? nil : platform
        facts = (document.config?.labels?.facts ?? ImageFacts())
            .completed(by: ImageFacts(created: document.created.flatMap(ImageFacts.time)))
    }
}

/// Why some bytes are no image's configuration.
public enum ImageConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge
    case notJSON
    case otherShape
    case tooManyLayers(Int)
    case badDigest(DigestError)

    public var description: String {
        switch self {
        case .tooLarge: "the configuration is larger than \(ImageConfig.maximumBytes) bytes"
        case .notJSON: "the configuration is not JSON, or nested too deeply"
        case .otherShape: "the configuration has not the shape of an image's"
        case .tooManyLayers(let count):
            "the configuration names \(count) layers, more than \(Manifest.maximumEntries)"
        case .badDigest(let error): "the configuration holds a wrong digest: \(error)"
        }
    }
}

private struct ConfigDocument: Decodable {
    struct Settings: Decodable {
        let labels: FactsDocument?

        enum CodingKeys: String, CodingKey {
            case labels = "Labels"
        }
    }

    struct RootFileSystem: Decodable {
        let diffIDs: [String]?

        enum CodingKeys: String, CodingKey {
            case diffIDs = "diff_ids"
        }
    }

    let platform: PlatformDocument
    let created: String?
    let config: Settings?
    let rootfs: RootFileSystem?

    enum CodingKeys: String, CodingKey {
        case created, config, rootfs
    }

    init(from decoder: any Decoder) throws {
        platform = try PlatformDocument(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        created = try? values.decode(String.self, forKey: .created)
        config = try values.decodeIfPresent(Settings.self, forKey: .config)
        rootfs = try values.decodeIfPresent(RootFileSystem.self, forKey: .rootfs)
    }
}
