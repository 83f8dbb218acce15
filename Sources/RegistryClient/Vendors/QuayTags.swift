import OCI

/// Quay's own API. https://docs.quay.io/api/swagger/#operation--api-v1-repository--repository--tag--get
struct QuayTags: VendorListing {
    static let pageSize = 100

    private let path: String
    private var page = 1

    init(_ repository: Repository) {
        path = repository.path
    }

    var start: String { target }

    private var target: String {
        "/api/v1/repository/\(path)/tag/?limit=\(Self.pageSize)&page=\(page)&onlyActiveTags=true"
    }

    mutating func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let answer = try QuayPage(parsing: body)
        // A tag that was moved or deleted is listed with its end; one that is to expire has an end that is to come.
        let current = answer.rows.filter { $0.end.map { $0 > facts.askedAt } ?? true }
        let tags = current.map { row in
            ListedTag(tag: row.tag, digest: row.digest, pushedAt: row.start?.asPushTime(askedAt: facts.askedAt))
        }
        guard answer.hasMore else { return ListingStep(tags: tags) }
        guard !answer.isEmpty else { throw .endless }
        page += 1
        return ListingStep(tags: tags, next: .target(target))
    }
}

/// One answer, of a listing or of a tag's history.
struct QuayPage: Decodable {
    struct Row: Hashable, Sendable {
        let tag: Tag
        let digest: Digest?
        let start: Timestamp?
        let end: Timestamp?
    }

    let rows: [Row]
    let isEmpty: Bool
    let hasMore: Bool

    init(parsing body: some Collection<UInt8>) throws(BadVendorAnswer) {
        self = try LooseJSON.decode(Self.self, from: body)
    }

    init(from decoder: any Decoder) throws {
        let list = try LooseList<Document>(from: decoder, at: "tags")
        rows = list.elements.map(\.row)
        isEmpty = list.count == 0
        hasMore = try LooseObject(decoder).flag("has_additional") ?? false
    }

    private struct Document: Decodable {
        let row: Row

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            row = Row(
                tag: try Tag(parsing: object.text("name") ?? ""), digest: object.digest("manifest_digest"),
                start: object.number("start_ts").map { Timestamp(secondsSinceEpoch: $0) },
                end: object.number("end_ts").map { Timestamp(secondsSinceEpoch: $0) })
        }
    }
}
