/// What an image says of itself, by its annotations or its configuration's labels.
///
/// Texts are cut to 255 characters and hold nothing that acts on a page or in a terminal. Whoever pushes an image can
/// write anything here: it is shown, never believed.
/// https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
public struct ImageFacts: Hashable, Sendable {
    /// 1970 and earlier, the year 1 among them, are what reproducible builds write where they mean no time at all.
    public var created: Timestamp?
    public var version: String?
    /// Of the source: a commit.
    public var revision: String?
    /// The image that this one was built on, as its builder calls it.
    public var baseName: String?
    public var baseDigest: Digest?

    public static let maximumTextLength = 255

    public init(
        created: Timestamp? = nil, version: String? = nil, revision: String? = nil, baseName: String? = nil,
        baseDigest: Digest? = nil
    ) {
        self.created = created.flatMap(Self.real)
        self.version = version.flatMap(Self.clean)
        self.revision = revision.flatMap(Self.clean)
        self.baseName = baseName.flatMap(Self.clean)
        self.baseDigest = baseDigest
    }

    public var isEmpty: Bool { self == ImageFacts() }

    /// When it was made and of what is told, so nobody needs to be asked for more.
    public var isTelling: Bool { created != nil && (version != nil || revision != nil) }

    /// What is not known here is taken from `other`.
    public func completed(by other: ImageFacts) -> ImageFacts {
        var facts = self
        facts.created = created ?? other.created
        facts.version = version ?? other.version
        facts.revision = revision ?? other.revision
        // The name and the digest of one base belong together.
        if baseName == nil, baseDigest == nil {
            (facts.baseName, facts.baseDigest) = (other.baseName, other.baseDigest)
        }
        return facts
    }

    private static let endOf1970 = Timestamp(seconds: 31_536_000)

    private static func real(_ time: Timestamp) -> Timestamp? { time < endOf1970 ? nil : time }

    static func time(_ text: String) -> Timestamp? {
        // The longest form that RFC 3339 has with nine digits of a second is 35 characters long.
        text.utf8.count <= 64 ? (try? Timestamp(parsing: text)).flatMap(real) : nil
    }

    /// Nil where nothing is left.
    private static func clean(_ text: String) -> String? {
        var result = ""
        var count = 0
        // Far more than enough to find 255 harmless characters in any text that somebody meant.
        for scalar in text.unicodeScalars.prefix(4_096) where PrintableText.isHarmless(scalar) {
            if result.isEmpty, scalar == " " { continue }
            guard count < maximumTextLength else { break }
            count += 1
            result.unicodeScalars.append(scalar)
        }
        while result.unicodeScalars.last == " " { result.unicodeScalars.removeLast() }
        return result.isEmpty ? nil : result
    }
}

/// The annotations or labels that are looked at; what is no text, or another key, is passed over.
struct FactsDocument: Decodable {
    let facts: ImageFacts
    /// `vnd.docker.reference.type`: what BuildKit calls a companion of an image.
    let referenceType: String?

    private enum CodingKeys: String, CodingKey {
        case created = "org.opencontainers.image.created"
        case version = "org.opencontainers.image.version"
        case revision = "org.opencontainers.image.revision"
        case baseName = "org.opencontainers.image.base.name"
        case baseDigest = "org.opencontainers.image.base.digest"
        case referenceType = "vnd.docker.reference.type"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        // Looked up first: what the decoder throws for a missing key costs more than all the rest.
        func text(_ key: CodingKeys) -> String? {
            values.contains(key) ? try? values.decode(String.self, forKey: key) : nil
        }
        facts = ImageFacts(
            created: text(.created).flatMap(ImageFacts.time), version: text(.version), revision: text(.revision),
            baseName: text(.baseName), baseDigest: text(.baseDigest).flatMap { try? Digest(parsing: $0) })
        referenceType = text(.referenceType)
    }
}
