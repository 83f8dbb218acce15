import OCI
import Testing

private let a = "sha256:" + String(repeating: "a", count: 64)
private let b = "sha256:" + String(repeating: "b", count: 64)

@Suite struct ManifestTests {
    private func parse(_ text: String) throws(ManifestError) -> Manifest { try Manifest(parsing: Array(text.utf8)) }

    @Test func indexWithAnAttestation() throws {
        let manifest = try parse(
            """
            {"schemaVersion":2,"manifests":[
              {"digest":"\(a)","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
              {"digest":"\(b)","platform":{"os":"unknown","architecture":"unknown"},
               "annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}
            """)
        #expect(manifest.impliedMediaType == .ociIndex)
        let expected = try PlatformDigest(
            platform: Platform(os: "linux", architecture: "arm64"), digest: Digest(parsing: a))
        #expect(manifest.platforms == [expected])
    }

    @Test func whatIsNoImageIsNoPlatform() throws {
        let platform = "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}"
        let index = { (entries: String) in try parse("{\"manifests\":[\(entries)]}") }
        #expect(try index("{\"digest\":\"\(a)\",\(platform)}").platforms.count == 1)
        for artifact in ["application/vnd.dev.cosign.artifact.sig.v1+json", "nonsense"] {
            #expect(
                try index("{\"digest\":\"\(a)\",\"artifactType\":\"\(artifact)\",\(platform)}").platforms.isEmpty)
        }
        let config = "application/vnd.oci.image.config.v1+json"
        #expect(try index("{\"digest\":\"\(a)\",\"artifactType\":\"\(config)\",\(platform)}").platforms.count == 1)
        #expect(try index("{\"digest\":\"\(a)\"}").hasUnnamedPlatforms)
        #expect(try index("{\"digest\":\"\(a)\"}").platforms.isEmpty)
        #expect(
            try !index("{\"digest\":\"\(a)\",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}")
                .hasUnnamedPlatforms)
    }

    @Test func annotationsTell() throws {
        let facts = "{\"org.opencontainers.image.version\":\"3.12\",\"other\":{\"a\":1}}"
        let parsed = try parse(
            "{\"manifests\":[{\"digest\":\"\(a)\",\"annotations\":\(facts)}],\"annotations\":\(facts)}")
        guard case .index(let entries, let own) = parsed else { throw ManifestError.otherShape }
        #expect(own == ImageFacts(version: "3.12"))
        #expect(entries.first?.facts == ImageFacts(version: "3.12"))
        let image = try parse("{\"config\":{\"digest\":\"\(a)\"},\"layers\":[],\"annotations\":\(facts)}")
        #expect(try image == .image(.init(config: Digest(parsing: a), layers: [], facts: ImageFacts(version: "3.12"))))
        let merged = ImageFacts(version: "1", baseName: "b").completed(
            by: ImageFacts(version: "2", revision: "r", baseDigest: try Digest(parsing: a)))
        #expect(merged == ImageFacts(version: "1", revision: "r", baseName: "b"))
    }

    @Test func thePrincipalImage() throws {
        let name = { (text: String) in
            PlatformDigest(platform: try #require(Platform(parsing: text)), digest: try Digest(parsing: a))
        }
        #expect(
            try [name("linux/arm64"), name("linux/amd64"), name("linux/386")].principal == name("linux/amd64"))
        #expect(try [name("linux/s390x"), name("linux/arm64/v8")].principal == name("linux/arm64"))
        #expect([PlatformDigest]().principal == nil)
    }

    @Test func imageWithoutLayers() throws {
        let manifest = try parse("{\"schemaVersion\":2,\"config\":{\"digest\":\"\(a)\"},\"layers\":[]}")
        #expect(try manifest == .image(Manifest.Image(config: Digest(parsing: a), layers: [])))
        #expect(manifest.platforms.isEmpty)
    }

    static let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    static let many =
        "{\"manifests\":[" + Array(repeating: "{\"digest\":\"\(a)\"}", count: 2_001).joined(separator: ",") + "]}"
    static let bad: [(String, ManifestError)] = [
        ("", .otherShape), ("<html>", .otherShape), ("{", .notJSON), ("{}", .otherShape), ("[]", .otherShape),
        (deep, .notJSON), ("{\"layers\":\(deep)}", .notJSON), ("{\"schemaVersion\":1,\"fsLayers\":[]}", .schema1),
        ("{\"config\":{\"digest\":\"\(a)\"}}", .otherShape), (many, .tooManyEntries(2_001)),
        (String(repeating: " ", count: Manifest.maximumBytes + 1), .tooLarge),
    ]

    @Test(arguments: bad) func refused(_ text: String, _ expected: ManifestError) {
        #expect(throws: expected) { try parse(text) }
    }

    @Test func aWrongDigestInsideIsRefused() {
        #expect(throws: ManifestError.self) { try parse("{\"manifests\":[{\"digest\":\"sha256:x\"}]}") }
    }

    @Test(arguments: [
        ("[[]]", 2, true), ("[[]]", 1, false), ("\"[[[\"", 0, true), ("\"\\\"[\"", 0, true), ("]", 5, false),
        ("[", 5, false), ("\"", 5, false), ("{\"a\":[1,2]}", 2, true),
    ]) func bounds(_ text: String, _ depth: Int, _ expected: Bool) {
        #expect(JSONBounds.holds(text.utf8, depth: depth) == expected)
    }
}
