import OCI

/// A container package's versions at GitHub: every manifest with its tags, oldest first.
/// https://docs.github.com/en/rest/packages/packages#list-package-versions-for-a-package-owned-by-an-organization
struct GitHubVersions: VendorListing {
    static let pageSize = 100

    let owner: String
    /// An organisation's packages and a person's stand under different paths, and nothing tells which it is.
    private(set) var isUser: Bool
    private let package: String
    private var page = 1
    private var triedBoth = false

    /// - Parameter isUser: whether an owner is known to be a person.
    init?(_ repository: Repository, isUser: (String) -> Bool) {
        let parts = repository.path.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        owner = String(parts[0])
        package = String(parts[1]).percentEncoded
        self.isUser = isUser(owner)
    }

    var start: String { target }

    var headers: [(String, String)] {
        [("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28")]
    }

    private var target: String {
        "/\(isUser ? "users" : "orgs")/\(owner)/packages/container/\(package)/versions?per_page=\(Self.pageSize)"
            + (page > 1 ? "&page=\(page)" : "")
    }

    mutating func restart(after status: UInt) -> String? {
        guard status == 404, !triedBoth else { return nil }
        triedBoth = true
        isUser.toggle()
        return target
    }

    mutating func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let versions = try LooseJSON.decode(LooseList<Version>.self, from: body)
        let tags = versions.elements.flatMap { version in
            version.tags.map { tag in
                ListedTag(
                    tag: tag, digest: version.digest,
                    pushedAt: version.updatedAt?.asPushTime(askedAt: facts.askedAt))
            }
        }
        if let link = facts.link {
            guard versions.count > 0 else { throw .endless }
            return ListingStep(tags: tags, next: .link(link))
        }
        // Without a Link header a full page may not be the last.
        guard versions.count >= Self.pageSize, !facts.hasLinks else { return ListingStep(tags: tags) }
        page += 1
        return ListingStep(tags: tags, next: .target(target))
    }

    private struct Version: Decodable {
        let digest: Digest?
        let tags: [Tag]
        let updatedAt: Timestamp?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            digest = object.digest("name")
            updatedAt = object.time("updated_at") ?? object.time("created_at")
            // The manifests of an index's platforms have none.
            let names = object.object("metadata")?.object("container")?.list("tags", of: String.self) ?? []
            tags = names.compactMap { try? Tag(parsing: $0) }
        }
    }
}
