import OCI
import Testing

private let a = "sha256:" + String(repeating: "a", count: 64)

@Suite struct ImageConfigTests {
    private func parse(_ text: String) throws(ImageConfigError) -> ImageConfig {
        try ImageConfig(parsing: Array(text.utf8))
    }

    @Test func whatAnImageSays() throws {
        let config = try parse(
            """
            {"architecture":"arm64","os":"linux","variant":"v8","created":"2026-01-02T03:04:05.123456789Z",
             "config":{"Env":["A=b"],"Labels":{"org.opencontainers.image.version":" 1.2\\u202e.3 ",
               "org.opencontainers.image.revision":"abc","org.opencontainers.image.base.name":"docker.io/library/debian:12",
               "org.opencontainers.image.base.digest":"\(a)","other":7}},
             "rootfs":{"type":"layers","diff_ids":["\(a)"]},"history":[{"created":"x"}]}
            """)
        #expect(config.platform == Platform(parsing: "linux/arm64"))
        #expect(config.facts.created == (try Timestamp(parsing: "2026-01-02T03:04:05.123456Z")))
        #expect(config.facts.version == "1.2.3")
        #expect(config.facts.revision == "abc")
        #expect(config.facts.baseName == "docker.io/library/debian:12")
        #expect(config.facts.baseDigest == (try Digest(parsing: a)))
        #expect(config.diffIDs == [try Digest(parsing: a)])
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", false), ("1970-12-31T23:59:59Z", false), ("1971-01-01T00:00:00Z", true),
        ("0001-01-01T00:00:00Z", false), ("1969-12-31T23:59:59-05:00", false), ("yesterday", false),
        ("2026-02-30T00:00:00Z", false), (String(repeating: "2", count: 10_000), false),
    ]) func unknownTimes(_ text: String, _ isKnown: Bool) throws {
        #expect(try (parse("{\"created\":\"\(text)\"}").facts.created != nil) == isKnown)
        let label = "{\"config\":{\"Labels\":{\"org.opencontainers.image.created\":\"\(text)\"}}}"
        #expect(try (parse(label).facts.created != nil) == isKnown)
    }

    @Test func sparseOnes() throws {
        for text in ["{}", "{\"config\":null}", "{\"config\":{\"Labels\":null},\"rootfs\":{}}", "{\"created\":5}"] {
            let config = try parse(text)
            #expect(config.facts.isEmpty)
            #expect(config.platform == nil)
        }
        #expect(try parse("{\"os\":\"linux\",\"architecture\":\"unknown\"}").platform == nil)
        #expect(try parse("{\"os\":\"<b>\",\"architecture\":\"amd64\"}").platform == nil)
    }

    @Test func longAndHostileTexts() throws {
        let long = String(repeating: "é", count: 5_000)
        let version = "org.opencontainers.image.version"
        #expect(try parse("{\"config\":{\"Labels\":{\"\(version)\":\"\(long)\"}}}").facts.version?.count == 255)
        #expect(try parse("{\"config\":{\"Labels\":{\"\(version)\":\"\\u0000\\n \\u200b\"}}}").facts.version == nil)
        #expect(try parse("{\"config\":{\"Labels\":{\"\(version)\":[1]}}}").facts.version == nil)
    }

    static let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    static let many =
        "{\"rootfs\":{\"diff_ids\":[" + Array(repeating: "\"\(a)\"", count: 2_001).joined(separator: ",") + "]}}"
    static let bad: [(String, ImageConfigError)] = [
        ("", .otherShape), ("[]", .otherShape), ("{", .notJSON), (deep, .notJSON), ("{\"config\":\(deep)}", .notJSON),
        ("{\"rootfs\":7}", .otherShape), (many, .tooManyLayers(2_001)),
        (String(repeating: " ", count: ImageConfig.maximumBytes + 1), .tooLarge),
    ]

    @Test(arguments: bad) func refused(_ text: String, _ expected: ImageConfigError) {
        #expect(throws: expected) { try parse(text) }
    }

    @Test func aWrongLayerIsRefused() {
        #expect(throws: ImageConfigError.self) { try parse("{\"rootfs\":{\"diff_ids\":[\"sha256:x\"]}}") }
    }
}
