@testable import OCI
@testable import RegistryClient

extension FuzzedParser {
    static let vendors = [
        listing("dockerhub") { DockerHubTags($0) },
        listing("ghcr") { GitHubVersions($0) { _ in false } },
        listing("quay") { QuayTags($0) },
        listing("google") { GoogleTags($0) },
        listing("acr") { ACRTags($0) },
        listing("harbor") { HarborArtifacts($0) },
        history("quayhistory") { QuayHistory($0, since: $1) },
        history("chainguard") { ChainguardHistory($0, since: $1) },
        json("ecr") { bytes in
            guard let page = try? ECRImagePage(parsing: bytes, askedAt: askedAt) else { return }
            try check(page.tags, in: bytes)
            try require(page.next.map { !$0.isEmpty && $0.utf8.count <= bytes.count } ?? true, "the next page")
        },
        json("dockerhubimages") { bytes in
            guard let page = try? LooseJSON.decode(DockerHubImages.self, from: bytes) else { return }
            try require(page.results.count <= bytes.count, "\(page.results.count) images")
            for result in page.results { try require(result.pulls.isFinite, "\(result.pulls) pulls") }
            try require(page.next.map { !$0.isEmpty && $0.utf8.count <= bytes.count } ?? true, "the next page")
        },
    ]

    /// 2026-02-01T00:00:00Z
    private static let askedAt = Timestamp(seconds: 1_769_904_000)

    /// The same answer for every page; once where it is long.
    private static func pages(_ bytes: [UInt8]) -> Int { bytes.count <= 16_384 ? 3 : 1 }

    private static func listing(
        _ name: String, _ make: @escaping @Sendable (Repository) -> (any VendorListing)?
    ) -> FuzzedParser {
        json(name, readings: 2) { bytes in
            let alone = AnswerFacts(askedAt: askedAt)
            let amongOthers = AnswerFacts(askedAt: askedAt, link: "/next", hasLinks: true, total: 250)
            for facts in [alone, amongOthers] {
                guard var listing = make(try Repository(parsing: "registry.test/p/a")) else { return }
                for _ in 0..<pages(bytes) {
                    guard let step = try? listing.read(bytes, facts) else { break }
                    try check(step.tags, in: bytes)
                    guard let next = step.next else { break }
                    switch next {
                    case .target(let target): try checkTarget(target)
                    case .link(let link): try require(link.utf8.count <= max(5, bytes.count), "the link \(link)")
                    }
                }
            }
        }
    }

    private static func history(
        _ name: String, _ make: @escaping @Sendable (TagReference, Timestamp?) -> any VendorHistory
    ) -> FuzzedParser {
        json(name, readings: 2) { bytes in
            for since in [nil, askedAt.advanced(bySeconds: -86_400)] {
                var history = make(try TagReference(parsing: "registry.test/p/a:1"), since)
                for _ in 0..<pages(bytes) {
                    guard let step = try? history.read(bytes, askedAt: askedAt) else { break }
                    try require(step.past.count <= bytes.count, "\(step.past.count) digests")
                    for past in step.past {
                        try require(past.until.map { $0 >= past.from } ?? true, "\(past) ends before it begins")
                        try require(past.from.asPushTime(askedAt: askedAt) != nil, "\(past) at an impossible time")
                    }
                    guard let next = step.next else { break }
                    try checkTarget(next)
                }
            }
        }
    }

    private static func check(_ tags: [ListedTag], in bytes: [UInt8]) throws {
        try require(tags.count <= bytes.count, "\(tags.count) tags in \(bytes.count) bytes")
        for listed in tags {
            try require((try? Tag(parsing: listed.tag.name)) == listed.tag, "the tag \(listed.tag)")
            try require(listed.mediaType.map { $0.isIndex || $0.isManifest } ?? true, "another media type")
            if let time = listed.pushedAt {
                try require(time.asPushTime(askedAt: askedAt) != nil, "a push at \(time)")
            }
            try require(listed.platforms.count <= bytes.count, "\(listed.platforms.count) platforms")
        }
        // Tags of one image share its platforms.
        for entry in tags.first?.platforms ?? [] {
            try check(entry.platform)
            try require(!entry.platform.isUnknown, "an unknown platform")
        }
    }

    /// What we ask for next goes out as it stands.
    private static func checkTarget(_ target: String) throws {
        let url = RemoteURL(parsing: "https://registry.test" + target)
        try require(url?.target == target, "\(target) is no path and query")
    }
}
