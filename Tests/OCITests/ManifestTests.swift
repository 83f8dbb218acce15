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

    @Test func imageWithoutLayers() throws {
        let manifest = try parse("{\"schemaVersion\":2,\"config\":{\"digest\":\"\(a)\"},\"layers\":[]}")
        #expect(try manifest == .image(config: Digest(parsing: a), layers: []))
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
