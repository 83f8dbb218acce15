import OCI
import Testing

@testable import RegistryClient

/// What vendors' answers say, without asking anybody.
@Suite struct VendorParserTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let vendor: Vendor
        let body: String
        /// `tag digest pushedAt platforms`, each tag in a line of its own, `-` for what is not known.
        let tags: [String]
        let next: ListingStep.Next?
        var facts = AnswerFacts(askedAt: askedAt)

        init(
            _ vendor: Vendor, _ body: String, _ tags: [String], next: ListingStep.Next? = nil,
            facts: AnswerFacts = AnswerFacts(askedAt: askedAt)
        ) {
            (self.vendor, self.body, self.tags, self.next, self.facts) = (vendor, body, tags, next, facts)
        }

        var testDescription: String { "\(vendor): \(body.prefix(60))" }
    }

    /// 2026-02-01T00:00:00Z
    static let askedAt = Timestamp(seconds: 1_769_904_000)
    static let time = "2026-01-31T12:00:00Z"
    static let repository = try? Repository(parsing: "registry.test/p/a")

    static func listing(_ vendor: Vendor) throws -> any VendorListing {
        let repository = try #require(repository)
        return switch vendor {
        case .dockerHub: try #require(DockerHubTags(repository))
        case .quay: QuayTags(repository)
        case .google: GoogleTags(repository)
        case .ghcr: try #require(GitHubVersions(repository) { _ in false })
        case .acr: ACRTags(repository)
        default: try #require(HarborArtifacts(repository))
        }
    }

    static func line(_ tag: ListedTag) -> String {
        let platforms = tag.platforms.map(\.platform.description).joined(separator: ",")
        return [
            tag.tag.name, tag.digest.map { String($0.description.dropFirst(7).prefix(1)) } ?? "-",
            tag.pushedAt?.description ?? "-", platforms.isEmpty ? "-" : platforms,
        ].joined(separator: " ")
    }

    private static func image(_ os: String, _ architecture: String, _ more: String = "") -> String {
        "{\"os\":\"\(os)\",\"architecture\":\"\(architecture)\",\"digest\":\"\(digestB)\"\(more)}"
    }

    static let dockerHub: [Row] = [
        Row(.dockerHub, "{\"results\":[],\"next\":null}", []),
        Row(.dockerHub, "{\"results\":null}", []),
        Row(
            .dockerHub,
            "{\"results\":[{\"name\":\"1\",\"digest\":\"\(digestA)\",\"tag_last_pushed\":\"\(time)\"}],\"next\":\"/x\"}",
            ["1 a \(time) -"], next: .link("/x")),
        // The tag's own digest is nullable; an image's is never taken for it.
        Row(
            .dockerHub, "{\"results\":[{\"name\":\"1\",\"images\":[\(image("linux", "amd64"))]}]}",
            ["1 - - linux/amd64"]),
        Row(
            .dockerHub, "{\"results\":[{\"name\":\"1\",\"digest\":null,\"images\":null,\"last_updated\":\"\(time)\"}]}",
            ["1 - \(time) -"]),
        Row(
            .dockerHub, "{\"results\":[{\"name\":\"1\",\"digest\":\"\"},{\"name\":\"2\",\"digest\":7}]}",
            ["1 - - -", "2 - - -"]),
        Row(.dockerHub, "{\"results\":[{\"name\":\"1\",\"digest\":\"sha256:AAAA\"}]}", ["1 - - -"]),
        Row(
            .dockerHub,
            """
            {"results":[{"name":"1","images":[\(image("linux", "arm64", ",\"variant\":\"v8\"")),\
            \(image("linux", "arm", ",\"variant\":\"v6\"")),\(image("unknown", "unknown")),\(image("", "")),null,3,\
            {"os":"linux","architecture":"s390x","digest":null},\
            \(image("windows", "amd64", ",\"os_version\":\"10.0.20348.1\""))]}]}
            """, ["1 - - linux/arm64,linux/arm/v6,windows(10.0.20348)/amd64"]),
        // Not known: the year 1, 1970, tomorrow's tomorrow, no time.
        Row(
            .dockerHub,
            """
            {"results":[{"name":"1","tag_last_pushed":"0001-01-01T00:00:00Z"},\
            {"name":"2","tag_last_pushed":"1970-01-01T00:00:00Z"},{"name":"3","tag_last_pushed":"2026-02-03T00:00:00Z"},\
            {"name":"4","tag_last_pushed":"yesterday"},{"name":"5","tag_last_pushed":1769860800}]}
            """, ["1 - - -", "2 - - -", "3 - - -", "4 - - -", "5 - - -"]),
        Row(
            .dockerHub, "{\"results\":[{\"name\":\"-x\"},{\"name\":7},{},[],\"1\",null,{\"name\":\"ok\"}]}",
            ["ok - - -"]),
        Row(.dockerHub, "{\"Results\":[{\"Name\":\"1\",\"Digest\":\"\(digestA)\"}]}", ["1 a - -"]),
    ]

    static let others: [Row] = [
        Row(.quay, "{\"tags\":[]}", []),
        Row(
            .quay,
            """
            {"tags":[{"name":"1","start_ts":1769860800,"manifest_digest":"\(digestA)"},\
            {"name":"2","start_ts":"1769860800","manifest_digest":"\(digestA)","end_ts":"1769990400"},\
            {"name":"3","start_ts":1769860800,"manifest_digest":"\(digestA)","end_ts":1769860801},\
            {"name":"4","start_ts":0},{"name":"5","start_ts":1e300,"manifest_digest":null}],"has_additional":true}
            """, ["1 a \(time) -", "2 a \(time) -", "4 - - -", "5 - - -"],
            next: .target("/api/v1/repository/p/a/tag/?limit=100&page=2&onlyActiveTags=true")),
        Row(.google, "{\"name\":\"a\",\"tags\":[\"1\"]}", ["1 - - -"]),
        Row(.google, "{\"name\":\"a\",\"tags\":null,\"manifest\":{}}", []),
        Row(
            .google,
            """
            {"tags":["2","1","3","bad tag"],"manifest":{"\(digestA)":{"tag":["1","2"],"timeUploadedMs":"1769860800000"},\
            "\(digestB)":{"tag":["2"],"timeUploadedMs":1769860800000},"sha256:x":{"tag":["3"]},"x":7}}
            """, ["1 a \(time) -", "2 - - -", "3 - - -"]),
        Row(
            .google, "{\"manifest\":{\"\(digestA)\":{\"tag\":[\"1\"],\"timeUploadedMs\":\"0\"}}}", ["1 a - -"],
            next: .link("/n"), facts: AnswerFacts(askedAt: askedAt, link: "/n", hasLinks: true)),
        Row(.ghcr, "[]", []),
        Row(
            .ghcr,
            """
            [{"name":"\(digestA)","updated_at":"\(time)","metadata":{"container":{"tags":["1","2"]}}},\
            {"name":"\(digestB)","metadata":{"container":{"tags":[]}}},{"name":"x","metadata":{"container":{"tags":["3"]}}},\
            {"name":"\(digestB)"},null]
            """, ["1 a \(time) -", "2 a \(time) -", "3 - - -"]),
        Row(.acr, "{\"tags\":null}", []),
        Row(
            .acr,
            """
            {"tags":[{"name":"1","digest":"\(digestA)","lastUpdateTime":"2026-01-31T12:00:00.0000000Z"},\
            {"name":"2","createdTime":"\(time)"}]}
            """, ["1 a \(time) -", "2 - \(time) -"], next: .link("/m"),
            facts: AnswerFacts(askedAt: askedAt, link: "/m")),
        Row(.harbor, "[]", []),
        Row(
            .harbor,
            """
            [{"digest":"\(digestA)","push_time":"\(time)","tags":[{"name":"1"},{"name":"2"}],"references":null},\
            {"digest":"\(digestB)","tags":null},{"digest":"\(digestB)","tags":[{"name":"3","push_time":"\(time)"}],\
            "references":[{"child_digest":"\(digestA)","platform":{"os":"linux","architecture":"amd64"}},\
            {"child_digest":"\(digestA)","platform":{"os":"unknown","architecture":"unknown"}},{"platform":null}]}]
            """, ["1 a \(time) -", "2 a \(time) -", "3 b \(time) linux/amd64"]),
        Row(
            .harbor, "[{\"tags\":null}]", [],
            next: .target("/api/v2.0/projects/p/repositories/a/artifacts?with_tag=true&page_size=100&page=2"),
            facts: AnswerFacts(askedAt: askedAt, total: .max)),
    ]

    @Test(arguments: dockerHub + others) func whatAnAnswerSays(_ row: Row) throws {
        var listing = try Self.listing(row.vendor)
        let step = try listing.read(Array(row.body.utf8), row.facts)
        #expect(step.tags.map(Self.line) == row.tags)
        #expect(step.next == row.next)
    }

    @Test(arguments: [Vendor.dockerHub, .quay, .google, .ghcr, .acr, .harbor])
    func whatIsNoListing(_ vendor: Vendor) throws {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        for body in [
            "", "7", "null", "\"x\"", "{", "{}", "[{]", deep, "{\"tags\":\(deep)}", "{\"tags\":7,\"results\":7}",
        ] {
            var listing = try Self.listing(vendor)
            #expect(throws: BadVendorAnswer.self, "\(body.prefix(20))") {
                _ = try listing.read(Array(body.utf8), AnswerFacts(askedAt: Self.askedAt))
            }
        }
    }

    @Test func imagesOfECRAreDescribed() throws {
        // As the API answers, with a number; as some stand-ins do, with text.
        let body = """
            {"imageDetails":[{"registryId":"1","repositoryName":"a","imageDigest":"\(digestA)","imageTags":["1","latest"],\
            "imageSizeInBytes":1,"imagePushedAt":1769860800.0,\
            "imageManifestMediaType":"application/vnd.oci.image.index.v1+json"},\
            {"imageDigest":"\(digestB)","imagePushedAt":1769860800},\
            {"imageDigest":"\(digestB)","imageTags":["2"],"imagePushedAt":"2026-01-31T13:00:00+01:00",\
            "imageManifestMediaType":"application/vnd.docker.container.image.v1+json"},\
            {"imageDigest":"x","imageTags":["3","bad tag"],"imagePushedAt":0},7],"nextToken":"abc"}
            """
        let page = try ECRImagePage(parsing: Array(body.utf8), askedAt: Self.askedAt)
        #expect(
            page.tags.map(Self.line) == [
                "1 a \(Self.time) -", "latest a \(Self.time) -", "2 b \(Self.time) -", "3 - - -",
            ])
        #expect(page.tags.map(\.mediaType) == [.ociIndex, .ociIndex, nil, nil])
        #expect(page.next == "abc")
        for end in ["", ",\"nextToken\":null", ",\"nextToken\":\"\""] {
            let last = try ECRImagePage(parsing: Array("{\"imageDetails\":[]\(end)}".utf8), askedAt: Self.askedAt)
            #expect(last.next == nil)
        }
        for body in ["{}", "[]", "{\"imageDetails\":7}", "{\"imageDetails\":[],\"nextToken\":7}"] {
            #expect(throws: BadVendorAnswer.self) {
                _ = try ECRImagePage(parsing: Array(body.utf8), askedAt: Self.askedAt)
            }
        }
    }

    @Test func vendorsAreGuessed() throws {
        let table: [String: Vendor] = [
            "docker.io": .dockerHub, "ghcr.io": .ghcr, "quay.io": .quay, "gcr.io": .google, "eu.gcr.io": .google,
            "us-docker.pkg.dev": .google, "registry.k8s.io": .google, "public.ecr.aws": .ecr,
            "1.dkr.ecr.eu-west-1.amazonaws.com": .ecr, "a.azurecr.io": .acr, "cgr.dev": .chainguard,
            "registry.gitlab.com": .gitlab, "mcr.microsoft.com": .generic, "evilgcr.io": .generic,
            "quay.io.example": .generic,
        ]
        for (name, vendor) in table { #expect(Vendor(guessing: try Registry(parsing: name)) == vendor, "\(name)") }
    }

    /// Whatever bytes come: an answer or a failure, and never more tags than bytes.
    @Test func noBytesBreakAParser() throws {
        var random = SeededGenerator(state: 2_026)
        let seeds = (Self.dockerHub + Self.others).map { ($0.vendor, Array($0.body.utf8)) }
        let alphabet = Array("{}[]\",:0123456789eE+-.\\unlltruefas\u{0}\u{7f}é".utf8)
        for round in 0..<3_000 {
            var (vendor, bytes) = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(.random(in: 0...255, using: &random), at: place)
                default:
                    let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
                    bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
                }
            }
            var listing = try Self.listing(vendor)
            let total = [nil, 1, Int.max].randomElement(using: &random) ?? nil
            let step = try? listing.read(bytes, AnswerFacts(askedAt: Self.askedAt, total: total))
            #expect(step?.tags.count ?? 0 <= bytes.count)
            _ = try? ECRImagePage(parsing: bytes, askedAt: Self.askedAt)
            let reference = TagReference(repository: try #require(Self.repository), tag: try Tag(parsing: "1"))
            var quay = QuayHistory(reference, since: nil)
            _ = try? quay.read(bytes, askedAt: Self.askedAt)
            var chainguard = ChainguardHistory(reference, since: nil)
            _ = try? chainguard.read(bytes, askedAt: Self.askedAt)
        }
    }
}

/// The same numbers each time, so that what it finds can be found again. https://prng.di.unimi.it/splitmix64.c
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
