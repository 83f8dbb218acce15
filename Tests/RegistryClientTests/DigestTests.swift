import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

private let manifest = "{\"schemaVersion\":2,\"config\":{\"digest\":\"\(digestA)\"},\"layers\":[]}"
private let manifestDigest = ContentHash.digest(of: Array(manifest.utf8), as: .sha256)?.description ?? ""
private let path = "/v2/a/b/manifests/1"

/// What a scripted registry answers to HEAD and GET of one tag, and how the check must end.
@Suite struct DigestTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let head: [ScriptedRegistry.Answer]
        var get: [ScriptedRegistry.Answer] = []
        let expected: @Sendable (DigestOutcome) -> Bool
    }

    private static func found(_ digest: String, _ type: MediaType?) -> @Sendable (DigestOutcome) -> Bool {
        { $0 == .found(digest, type) }
    }

    private static func failed(_ code: CheckFailure.Code, _ word: String = "") -> @Sendable (DigestOutcome) -> Bool {
        { $0.failure?.code == code && $0.failure?.detail.contains(word) == true }
    }

    private static func head(_ type: String?, _ digest: String? = digestA) -> [Answer] {
        [
            Answer(
                200,
                (type.map { [("Content-Type", $0)] } ?? []) + (digest.map { [("Docker-Content-Digest", $0)] } ?? []))
        ]
    }

    static let rows: [Row] = [
        Row(testDescription: "plain", head: head(indexType), expected: found(digestA, .ociIndex)),
        Row(
            testDescription: "type with parameters",
            head: head("Application/VND.OCI.image.index.v1+json; charset=utf-8"), expected: found(digestA, .ociIndex)),
        Row(testDescription: "no type", head: head(nil), expected: found(digestA, nil)),
        Row(
            testDescription: "a type that says nothing", head: head("application/octet-stream"),
            expected: found(digestA, nil)),
        Row(testDescription: "nginx's default type", head: head("text/plain"), expected: found(digestA, nil)),
        Row(
            testDescription: "sha512", head: head(indexType, "sha512:" + String(repeating: "0", count: 128)),
            expected: found("sha512:" + String(repeating: "0", count: 128), .ociIndex)),
        Row(
            testDescription: "a web page", head: head("text/html; charset=utf-8"),
            expected: failed(.badAnswer, "text/html")),
        Row(
            testDescription: "text as digest", head: head(indexType, "hello <script>"),
            expected: failed(.badAnswer, "not a digest")),
        Row(
            testDescription: "upper-case digest", head: head(indexType, digestA.uppercased()),
            expected: failed(.badAnswer)),
        Row(testDescription: "empty digest", head: head(indexType, ""), expected: failed(.badAnswer)),
        Row(
            testDescription: "two digests",
            head: [Answer(200, [("Docker-Content-Digest", digestA), ("docker-content-digest", digestB)])],
            expected: failed(.badAnswer)),
        Row(testDescription: "404", head: [Answer(404)], expected: { $0 == .missing }),
        Row(
            testDescription: "404 as JSON",
            head: [Answer(404, [("Content-Type", "application/json"), ("Content-Length", "93")])],
            expected: { $0 == .missing }),
        Row(testDescription: "500", head: [Answer(500)], expected: failed(.serverError, "500")),
        Row(testDescription: "503", head: [Answer(503)], expected: failed(.serverError, "503")),
        Row(testDescription: "418", head: [Answer(418)], expected: failed(.badAnswer, "418")),
        Row(
            testDescription: "204", head: [Answer(204, [("Docker-Content-Digest", digestA)])],
            expected: failed(.badAnswer, "204")),
        Row(testDescription: "403", head: [Answer(403)], expected: failed(.unauthorized, "private")),
        Row(testDescription: "401 without a challenge", head: [Answer(401)], expected: failed(.unauthorized)),
        Row(
            testDescription: "429", head: [Answer(429, [("Retry-After", "7")])],
            expected: { $0.failure?.code == .rateLimited && $0.failure?.retryAfter == .seconds(7) }),
        Row(
            testDescription: "429 without a header", head: [Answer(429)],
            expected: { $0.failure?.code == .rateLimited && $0.failure?.retryAfter == nil }),
        Row(
            testDescription: "no digest header: hash", head: head(ociType, nil),
            get: [Answer(200, [("Content-Type", ociType)], .text(manifest))],
            expected: found(manifestDigest, .ociManifest)),
        Row(
            testDescription: "405: hash", head: [Answer(405)], get: [Answer(200, [], .text(manifest))],
            expected: found(manifestDigest, .ociManifest)),
        Row(
            testDescription: "501: hash, the digest fits", head: [Answer(501)],
            get: [Answer(200, [("Docker-Content-Digest", manifestDigest)], .text(manifest))],
            expected: found(manifestDigest, .ociManifest)),
        Row(
            testDescription: "405: the digest does not fit", head: [Answer(405)],
            get: [Answer(200, [("Docker-Content-Digest", digestA)], .text(manifest))],
            expected: failed(.badAnswer, "digest it claims")),
        Row(testDescription: "405: 404", head: [Answer(405)], get: [Answer(404)], expected: { $0 == .missing }),
        Row(
            testDescription: "405: garbage", head: [Answer(405)],
            get: [Answer(200, [("Content-Type", ociType)], .text("garbage"))], expected: failed(.badAnswer, "neither")),
        Row(
            testDescription: "405: a web page", head: [Answer(405)],
            get: [Answer(200, [("Content-Type", "text/html")], .text("<html>"))],
            expected: failed(.badAnswer, "text/html")),
        Row(testDescription: "405: empty", head: [Answer(405)], get: [Answer(200)], expected: failed(.badAnswer)),
        Row(
            testDescription: "405: schema 1", head: [Answer(405)],
            get: [Answer(200, [], .text("{\"schemaVersion\":1,\"fsLayers\":[]}"))],
            expected: failed(.badAnswer, "schema 1")),
        Row(
            testDescription: "405: nested 10,000 deep", head: [Answer(405)],
            get: [Answer(200, [], .text(String(repeating: "[", count: 10_000)))], expected: failed(.badAnswer, "nested")
        ),
        Row(
            testDescription: "405: 100,000 manifests", head: [Answer(405)],
            get: [
                Answer(
                    200, [],
                    .text("{\"manifests\":[" + Array(repeating: "{}", count: 100_000).joined(separator: ",") + "]}"))
            ], expected: failed(.badAnswer)),
        Row(
            testDescription: "405: announced 50 MB", head: [Answer(405)],
            get: [Answer(200, [("Content-Length", "52428800")], .text("{"))], expected: failed(.tooLarge)),
        Row(
            testDescription: "405: 50 MB in chunks", head: [Answer(405)],
            get: [Answer(200, [], .chunks(String(repeating: " ", count: 65_536), every: .zero, count: 800))],
            expected: failed(.tooLarge)),
        Row(
            testDescription: "json type, a manifest indeed", head: head("application/json", manifestDigest),
            get: [Answer(200, [("Content-Type", "application/json")], .text(manifest))],
            expected: found(manifestDigest, .ociManifest)),
        Row(
            testDescription: "json type, another digest", head: head("application/json"),
            get: [Answer(200, [("Content-Type", "application/json")], .text(manifest))], expected: failed(.badAnswer)),
        Row(
            testDescription: "json type, no manifest", head: head("application/json"),
            get: [Answer(200, [("Content-Type", "application/json")], .text("{}"))], expected: failed(.badAnswer)),
        Row(
            testDescription: "redirect to itself", head: [Answer(307, [("Location", path)])],
            expected: failed(.redirect, "5 times")),
        Row(testDescription: "redirect to nowhere", head: [Answer(302)], expected: failed(.redirect)),
        Row(
            testDescription: "redirect to another scheme", head: [Answer(302, [("Location", "ftp://example.com/")])],
            expected: failed(.redirect)),
        Row(
            testDescription: "redirect with credentials",
            head: [Answer(302, [("Location", "https://u:p@example.com/")])], expected: failed(.redirect)),
        Row(
            testDescription: "redirect to an unlisted loopback port",
            head: [Answer(302, [("Location", "http://127.0.0.1:1/")])], expected: failed(.forbiddenAddress)),
        Row(
            testDescription: "redirect to a private address", head: [Answer(302, [("Location", "https://10.0.0.1/")])],
            expected: failed(.forbiddenAddress)),
        Row(
            testDescription: "redirect to the metadata address",
            head: [Answer(302, [("Location", "http://169.254.169.254/latest/")])], expected: failed(.forbiddenAddress)),
        Row(
            testDescription: "redirect to an unlisted port",
            head: [Answer(302, [("Location", "https://ghcr.io:8443/")])], expected: failed(.forbiddenAddress, "8443")),
    ]

    private static let ociType = MediaType.ociManifest.description

    @Test(arguments: rows) func endsAsExpected(_ row: Row) async throws {
        let registry = try await ScriptedRegistry(["HEAD \(path)": row.head, "GET \(path)": row.get])
        let outcome = try await withService(listed: [registry.name]) {
            try await $0.digest(of: "\(registry.name)/a/b:1")
        }
        #expect(row.expected(outcome), "\(outcome)")
    }

    @Test func theRequestIsAlwaysTheSame() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(405, [], .text("no")) }
        try await withService(listed: [registry.name], change: { $0.userAgent = "tagbeat/1 (+https://example.org)" }) {
            _ = try await $0.digest(of: "\(registry.name)/a/b:1")
        }
        #expect(registry.requests.map(\.line) == ["HEAD \(path)", "GET \(path)"])
        for request in registry.requests {
            #expect(request.header("Accept") == ManifestAccept.header)
            #expect(request.header("User-Agent") == "tagbeat/1 (+https://example.org)")
            #expect(request.header("Authorization") == nil)
            #expect(request.header("Cookie") == nil)
            #expect(request.header("Host") == registry.name)
        }
        #expect(ManifestAccept.header.split(separator: ", ").count == 4)
    }

    @Test func redirectsAreFollowed() async throws {
        let other = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestB)]) }
        let registry = try await ScriptedRegistry { request in
            switch request.target {
            case path: Answer(307, [("Location", "there?x=1")])
            default: Answer(302, [("Location", "http://\(other.name)/else")])
            }
        }
        let outcome = try await withService(listed: [registry.name, other.name]) {
            try await $0.digest(of: "\(registry.name)/a/b:1")
        }
        #expect(outcome == .found(digestB))
        #expect(registry.requests.map(\.target) == [path, "/v2/a/b/manifests/there?x=1"])
        #expect(other.requests.map(\.target) == ["/else"])
    }

    @Test func oneRequestForManyAskers() async throws {
        let registry = try await ScriptedRegistry { _ in
            Answer(200, [("Docker-Content-Digest", digestA)], delay: .milliseconds(300))
        }
        try await withService(listed: [registry.name]) { service in
            try await withThrowingTaskGroup(of: DigestOutcome.self) { group in
                for index in 0..<300 {
                    group.addTask { try await service.digest(of: "\(registry.name)/a/b:\(index % 3)") }
                }
                for try await outcome in group { #expect(outcome == .found(digestA)) }
            }
        }
        #expect(registry.requests.count == 3)
    }

    @Test func aCancelledCheckEndsAtOnce() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(200, delay: .seconds(20)) }
        try await withService(listed: [registry.name]) { service in
            let task = Task { try await service.digest(of: "\(registry.name)/a/b:1") }
            #expect(try await eventually { registry.requests.count == 1 })
            let clock = ContinuousClock()
            let start = clock.now
            task.cancel()
            let outcome = try await task.value
            #expect(outcome.failure?.code == .cancelled)
            let time = start.duration(to: clock.now)
            #expect(time < .seconds(2))
        }
    }

    @Test func noConnectionIsReusedAcrossAnUnreadBody() async throws {
        let registry = try await ScriptedRegistry { request in
            request.target.hasSuffix("/1") && request.method == "GET"
                ? Answer(200, [], .chunks(String(repeating: "x", count: 65_536), every: .zero, count: nil))
                : Answer(request.target.hasSuffix("/1") ? 405 : 200, [("Docker-Content-Digest", digestA)])
        }
        try await withService(listed: [registry.name]) { service in
            try await service.expect("\(registry.name)/a/b:1", .tooLarge)
            try await service.expect("\(registry.name)/a/b:2", .found(digestA))
        }
    }
}
