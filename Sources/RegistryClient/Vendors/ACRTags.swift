import OCI

/// Azure Container Registry's own API.
/// https://learn.microsoft.com/en-us/rest/api/containerregistry/tag/get-list
struct ACRTags: VendorListing {
    static let pageSize = 1_000

    private let path: String
    private var size = Self.pageSize

    init(_ repository: Repository) {
        path = repository.path
    }

    var start: String { "/acr/v1/\(path)/_tags?n=\(size)" }

    mutating func restart(after status: UInt) -> String? {
        guard status == 400 || status == 405, size > 100 else { return nil }
        size = 100
        return start
    }

    func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let page = try LooseJSON.decode(Page.self, from: body)
        let tags = page.rows.map { row in
            ListedTag(
                tag: row.tag, digest: row.digest, mediaType: row.mediaType,
                pushedAt: row.updatedAt?.asPushTime(askedAt: facts.askedAt))
        }
        if let link = facts.link { return ListingStep(tags: tags, next: .link(link)) }
        guard page.count >= size else { return ListingStep(tags: tags) }
        guard let last = page.rows.last else { throw .notAListing }
        return ListingStep(tags: tags, next: .target("\(start)&last=\(last.tag.name.percentEncoded)"))
    }

    private struct Page: Decodable {
        let rows: [Row]
        let count: Int

        init(from decoder: any Decoder) throws {
            let list = try LooseList<Row>(from: decoder, at: "tags")
            (rows, count) = (list.elements, list.count)
        }
    }

    private struct Row: Decodable {
        let tag: Tag
        let digest: Digest?
        let mediaType: MediaType?
        let updatedAt: Timestamp?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            tag = try Tag(parsing: object.text("name") ?? "")
            digest = object.digest("digest")
            mediaType = MediaType(ofManifest: object.text("mediaType"))
            updatedAt = object.time("lastUpdateTime") ?? object.time("createdTime")
        }
    }
}
