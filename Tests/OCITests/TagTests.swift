import OCI
import Testing

private let hex64 = String(repeating: "0123456789abcdef", count: 4)

@Suite struct TagTests {
    @Test(arguments: [
        ("sha256-\(hex64)", true), ("sha256-\(hex64).sig", true), ("sha256-\(hex64).att", true),
        ("sha256-\(hex64).sbom", true), ("main-\(String(hex64.prefix(40)))", true),
        (String(repeating: "A", count: 32), true), (String(repeating: "a", count: 31), false),
        (String(repeating: "a", count: 20) + "-" + String(repeating: "a", count: 20), false),
        ("3.12-slim-bookworm", false), ("latest", false), ("sha-1a2b3c4", false),
    ]) func artifactTags(_ name: String, _ expected: Bool) throws {
        #expect(try Tag(parsing: name).isArtifact == expected)
    }

    @Test(arguments: ["a", "_", "_.-", "A.b-c_9", String(repeating: "9", count: 128)])
    func goodTags(_ name: String) throws {
        #expect(try Tag(parsing: name).name == name)
    }

    @Test(arguments: ["", ".", "-a", ".a", "a b", "a/b", "a:b", "a@b", "ä", "a\n", String(repeating: "9", count: 129)])
    func badTags(_ name: String) {
        #expect(throws: ReferenceError.self) { try Tag(parsing: name) }
    }
}
