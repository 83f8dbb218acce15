import OCI

/// Harbor's own API: a repository's artifacts, each with its tags.
/// https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml (listArtifacts)
struct HarborArtifacts: VendorListing {
    static let pageSize = 100

    private let folder: String
    private var page = 1

    /// Nil for a repository outside every project: Harbor has none.
    init?(_ repository: Repository) {
        let parts = repository.path.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        // Proxies decode a path once on the way, so the slash is encoded twice.
        let name = String(parts[1]).percentEncoded.percentEncoded
        folder = "/api/v2.0/projects/\(parts[0])/repositories/\(name)/artifacts"
    }

    var start: String { target }

    private var target: String { "\(folder)?with_tag=true&page_size=\(Self.pageSize)&page=\(page)" }

    mutating func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let list = try LooseJSON.decode(LooseList<Artifact>.self, from: body)
        let tags = list.elements.flatMap { $0.listed(facts) }
        let isLast =
            if let total = facts.total { page > (total - 1) / Self.pageSize } else { list.count < Self.pageSize }
        guard !isLast else { return ListingStep(tags: tags) }
        guard list.count > 0 else { throw .endless }
        page += 1
        return ListingStep(tags: tags, next: .target(target))
    }

    private struct Artifact: Decodable {
        let digest: Digest?
        let mediaType: MediaType?
        let pushedAt: Timestamp?
        let tags: [Name]
        let platforms: [PlatformDigest]

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            digest = object.digest("digest")
            mediaType = MediaType(ofManifest: object.text("manifest_media_type"))
            pushedAt = object.time("push_time")
            tags = object.list("tags", of: Name.self) ?? []
            platforms = (object.list("references", of: Child.self) ?? []).map(\.platform)
        }

        func listed(_ facts: AnswerFacts) -> [ListedTag] {
            tags.map { name in
                ListedTag(
                    tag: name.tag, digest: digest, mediaType: mediaType,
                    pushedAt: (name.pushedAt ?? pushedAt)?.asPushTime(askedAt: facts.askedAt), platforms: platforms)
            }
        }
    }

    private struct Name: Decodable {
        let tag: Tag
        let pushedAt: Timestamp?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            tag = try Tag(parsing: object.text("name") ?? "")
            pushedAt = object.time("push_time")
        }
    }

    private struct Child: Decodable {
        let platform: PlatformDigest

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            let written = object.object("platform")
            let platform = Platform(
                os: written?.text("os"), architecture: written?.text("architecture"),
                variant: written?.text("variant"), osVersion: written?.text("os.version"))
            guard let platform, let digest = object.digest("child_digest") else { throw BadVendorAnswer.notAListing }
            self.platform = PlatformDigest(platform: platform, digest: digest)
        }
    }
}
