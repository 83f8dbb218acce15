/// A media type without its parameters, in lower case.
public struct MediaType: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    // https://github.com/opencontainers/image-spec/blob/main/media-types.md
    public static let ociIndex = MediaType(unchecked: "application/vnd.oci.image.index.v1+json")
    public static let ociManifest = MediaType(unchecked: "application/vnd.oci.image.manifest.v1+json")
    // https://distribution.github.io/distribution/spec/manifest-v2-2/
    public static let dockerManifestList = MediaType(
        unchecked: "application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerManifest = MediaType(unchecked: "application/vnd.docker.distribution.manifest.v2+json")

    /// What an image's configuration is called; anything else configures something that is no image.
    static let imageConfigs: Set = [
        MediaType(unchecked: "application/vnd.oci.image.config.v1+json"),
        MediaType(unchecked: "application/vnd.docker.container.image.v1+json"),
    ]

    /// The value of a Content-Type header; what follows `;` is left out. Nil where it is no media type.
    public init?(header: some StringProtocol) {
        // Nearly all of them, of every change that is read and every line of an import.
        if let known = Self.known[String(header)] {
            self = known
            return
        }
        // RFC 6838 allows 127 characters on each side of the slash.
        var bytes = [UInt8]()
        for byte in header.utf8.prefix(300) {
            if byte == UInt8(ascii: ";") { break }
            bytes.append(byte.lowerCased)
        }
        var part = bytes[...]
        while part.first == 0x20 || part.first == 0x09 { part.removeFirst() }
        while part.last == 0x20 || part.last == 0x09 { part.removeLast() }
        let sides = part.split(separator: .slash, omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ (1...127).contains($0.count) && $0.allSatisfy(Self.isToken) }) else {
            return nil
        }
        description = part.text
    }

    private static let known = Dictionary(
        uniqueKeysWithValues: [ociIndex, ociManifest, dockerManifestList, dockerManifest].map { ($0.description, $0) })

    private init(unchecked text: String) {
        description = text
    }

    /// An OCI index or a Docker manifest list: several platforms.
    public var isIndex: Bool { self == .ociIndex || self == .dockerManifestList }

    /// One image's manifest, OCI's or Docker's.
    public var isManifest: Bool { self == .ociManifest || self == .dockerManifest }

    private static func isToken(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || "!#$&-^_.+".utf8.contains(byte)
    }
}

extension MediaType: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = MediaType(header: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a media type")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
