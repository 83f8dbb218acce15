import OCI

/// Docker Hub's own API. https://docs.docker.com/reference/api/hub/latest/#tag/repositories
struct DockerHubTags: VendorListing {
    static let pageSize = 100

    let start: String

    /// Nil for a repository whose path is not a namespace and a name: Docker Hub has no others.
    init?(_ repository: Repository) {
        let parts = repository.path.split(separator: "/")
        guard parts.count == 2 else { return nil }
        start = "/v2/namespaces/\(parts[0])/repositories/\(parts[1])/tags?page=1&page_size=\(Self.pageSize)"
    }

    func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let page = try LooseJSON.decode(Page.self, from: body)
        guard let next = page.next, !next.isEmpty else { return ListingStep(tags: page.tags(facts)) }
        guard page.count > 0 else { throw .endless }
        return ListingStep(tags: page.tags(facts), next: .link(next))
    }

    private struct Page: Decodable {
        let results: [Result]
        let count: Int
        let next: String?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            let list = try LooseList<Result>(from: decoder, at: "results")
            (results, count) = (list.elements, list.count)
            next = object.text("next")
            // Neither an address nor null: where the listing goes on cannot be told.
            if next == nil, object.has("next") { throw BadVendorAnswer.notAListing }
        }

        func tags(_ facts: AnswerFacts) -> [ListedTag] {
            results.map { result in
                ListedTag(
                    tag: result.tag, digest: result.digest, mediaType: result.mediaType,
                    pushedAt: result.pushedAt?.asPushTime(askedAt: facts.askedAt), platforms: result.platforms)
            }
        }
    }

    private struct Result: Decodable {
        let tag: Tag
        /// Undocumented and often absent. An image's digest is never taken for it: of an index with one image the two
        /// differ.
        let digest: Digest?
        let mediaType: MediaType?
        let pushedAt: Timestamp?
        let platforms: [PlatformDigest]

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            tag = try Tag(parsing: object.text("name") ?? "")
            digest = object.digest("digest")
            mediaType = MediaType(ofManifest: object.text("media_type"))
            pushedAt = object.time("tag_last_pushed") ?? object.time("last_updated")
            platforms = (object.list("images", of: Image.self) ?? []).map(\.platform)
        }
    }

    private struct Image: Decodable {
        let platform: PlatformDigest

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            let platform = Platform(
                os: object.text("os"), architecture: object.text("architecture"), variant: object.text("variant"),
                osVersion: object.text("os_version"))
            guard let platform, let digest = object.digest("digest") else { throw BadVendorAnswer.notAListing }
            self.platform = PlatformDigest(platform: platform, digest: digest)
        }
    }
}
