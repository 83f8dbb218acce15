import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// Manifests and configurations by digest, from registries that answer oddly.
@Suite struct ContentTests {
    typealias Answer = ScriptedRegistry.Answer

    static func digest(_ text: String) -> String { ImagePusher.digest(Data(text.utf8)) }

    static let config =
        "{\"os\":\"linux\",\"architecture\":\"amd64\",\"created\":\"2026-01-02T03:04:05Z\",\"config\":{\"Labels\":{\"org.opencontainers.image.version\":\"1\"}}}"
    static let image =
        "{\"config\":{\"digest\":\"\(digest(config))\"},\"layers\":[{\"digest\":\"\(digestA)\"}]}"
    static let other = "{\"config\":{\"digest\":\"\(digestB)\"},\"layers\":[{\"digest\":\"\(digestB)\"}]}"
    static func entry(_ manifest: String, _ architecture: String) -> String {
        "{\"digest\":\"\(digest(manifest))\",\"platform\":{\"os\":\"linux\",\"architecture\":\"\(architecture)\"}}"
    }
    static let index = "{\"manifests\":[\(entry(other, "arm64")),\(entry(image, "amd64"))]}"

    static func table(_ manifests: [String], blobs: [String] = []) -> [String: [Answer]] {
        let manifests = manifests.map { ("GET /v2/a/manifests/\(digest($0))", [Answer(200, [], .text($0))]) }
        let blobs = blobs.map { ("GET /v2/a/blobs/\(digest($0))", [Answer(200, [], .text($0))]) }
        return Dictionary(uniqueKeysWithValues: manifests + blobs)
    }

    /// What the service makes of a digest, and what it asked for.
    private func read(
        _ manifest: String, from table: [String: [Answer]], isPart: Bool = false, known: Set<String> = []
    ) async throws -> (Result<Content, CheckFailure>, [String]) {
        let registry = try await ScriptedRegistry(table)
        let repository = try Repository(parsing: "\(registry.name)/a")
        let wanted = try Digest(parsing: manifest.hasPrefix("sha256:") ? manifest : Self.digest(manifest))
        let result = try await withService(listed: [registry.name]) { service in
            do throws(CheckFailure) {
                return Result<Content, CheckFailure>.success(
                    try await service.content(of: wanted, in: repository, isPart: isPart) {
                        known.contains($0.description)
                    })
            } catch { return .failure(error) }
        }
        return (result, registry.requests.map(\.line))
    }

    @Test func anIndexCostsThreeRequests() async throws {
        let (result, asked) = try await read(
            Self.index, from: Self.table([Self.index, Self.image], blobs: [Self.config]))
        let content = try result.get()
        #expect(content.isIndex)
        #expect(content.mediaType == .ociIndex)
        #expect(content.platforms.map(\.platform.description) == ["linux/arm64", "linux/amd64"])
        #expect(content.images.map(\.digest.description) == [Self.digest(Self.image)])
        #expect(content.images.first?.layers.map(\.description) == [digestA])
        #expect(content.facts.version == "1")
        #expect(content.facts.created?.description == "2026-01-02T03:04:05Z")
        #expect(asked.count == 3)
    }

    @Test func whatIsKnownIsNotAskedFor() async throws {
        let table = Self.table([Self.index, Self.image], blobs: [Self.config])
        let (result, asked) = try await read(Self.index, from: table, known: [Self.digest(Self.image)])
        #expect(try result.get().images.isEmpty)
        #expect(asked.count == 1)
        let (part, askedForPart) = try await read(Self.image, from: table, isPart: true)
        #expect(try part.get().images.first?.layers.count == 1)
        #expect(askedForPart.count == 1)
        let facts =
            "{\"org.opencontainers.image.created\":\"2026-01-02T03:04:05Z\",\"org.opencontainers.image.version\":\"7\"}"
        let telling = String(Self.index.dropLast()) + ",\"annotations\":\(facts)}"
        let (told, askedForTold) = try await read(telling, from: Self.table([telling, Self.image]))
        #expect(try told.get().facts.version == "7")
        #expect(askedForTold.count == 2)
    }

    @Test func aSingleImageTellsItsPlatform() async throws {
        let (result, asked) = try await read(Self.image, from: Self.table([Self.image], blobs: [Self.config]))
        let content = try result.get()
        #expect(!content.isIndex)
        #expect(content.platforms.map(\.platform.description) == ["linux/amd64"])
        #expect(content.platforms.map(\.digest) == [content.digest])
        #expect(asked.count == 2)
        // Without its configuration, as after a half-done clean-up, its layers are known all the same.
        let (bare, _) = try await read(Self.image, from: Self.table([Self.image]))
        #expect(try bare.get().platforms.isEmpty)
        #expect(try bare.get().images.first?.layers.count == 1)
        let chart =
            "{\"config\":{\"digest\":\"\(digestB)\",\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\"},\"layers\":[]}"
        let (helm, askedForHelm) = try await read(chart, from: Self.table([chart]))
        #expect(try helm.get().platforms.isEmpty)
        #expect(askedForHelm.count == 1)
    }

    @Test func anIndexWithoutItsImages() async throws {
        let (result, _) = try await read(Self.index, from: Self.table([Self.index]))
        #expect(try result.get().platforms.count == 2)
        let nested = "{\"manifests\":[\(Self.entry(Self.index, "amd64"))]}"
        let (odd, _) = try await read(nested, from: Self.table([nested, Self.index]))
        #expect(try odd.get().images.isEmpty)
    }

    @Test func whatIsGone() async throws {
        let (result, _) = try await read(Self.index, from: [:])
        #expect(result.code == .notFound)
    }

    static let deep =
        "{\"manifests\":" + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}"
    static let many =
        "{\"manifests\":[" + Array(repeating: "{\"digest\":\"\(digestA)\"}", count: 30_000).joined(separator: ",")
        + "]}"
    static let platforms =
        "{\"manifests\":[" + (0..<101).map { entry(image, "cpu\($0)") }.joined(separator: ",") + "]}"

    @Test(arguments: [
        ("{}", CheckFailure.Code.badAnswer), (deep, .badAnswer), (many, .badAnswer), (platforms, .tooLarge),
        ("{\"schemaVersion\":1}", .badAnswer), (String(repeating: " ", count: Manifest.maximumBytes + 1), .tooLarge),
    ]) func badManifests(_ text: String, _ code: CheckFailure.Code) async throws {
        let (result, _) = try await read(text, from: Self.table([text]))
        #expect(result.code == code, "\(result)")
        #expect(result.failure?.detail.isEmpty == false)
    }

    @Test func anIndexOfAHundredThousand() async throws {
        let chunk = Array(repeating: "{\"digest\":\"\(digestA)\"}", count: 1_000).joined(separator: ",") + ","
        let answer = Answer(200, [], .chunks(chunk, every: .zero, count: 100))
        let (result, _) = try await read(digestA, from: ["GET /v2/a/manifests/\(digestA)": [answer]])
        #expect(result.code == .tooLarge)
    }

    @Test func fiftyMegabytes() async throws {
        let chunk = String(repeating: " ", count: 500_000)
        for headers in [[], [("Content-Length", "50000000")]] {
            let answer = Answer(200, headers, .chunks(chunk, every: .zero, count: 100))
            let (result, _) = try await read(digestA, from: ["GET /v2/a/manifests/\(digestA)": [answer]])
            #expect(result.code == .tooLarge)
        }
    }

    @Test func bytesOfAnotherDigest() async throws {
        let claimed = Answer(200, [("Docker-Content-Digest", digestA)], .text(Self.image))
        let (result, _) = try await read(digestA, from: ["GET /v2/a/manifests/\(digestA)": [claimed]])
        #expect(result.code == .badAnswer)
        var table = Self.table([Self.image])
        table["GET /v2/a/blobs/\(Self.digest(Self.config))"] = [Answer(200, [], .text(Self.config + " "))]
        let (config, _) = try await read(Self.image, from: table)
        #expect(config.code == .badAnswer)
    }

    @Test func largeConfigurations() async throws {
        let large = "{\"os\":\"" + String(repeating: "x", count: ImageConfig.maximumBytes) + "\"}"
        let image = "{\"config\":{\"digest\":\"\(Self.digest(large))\"},\"layers\":[]}"
        let (result, _) = try await read(image, from: Self.table([image], blobs: [large]))
        #expect(result.code == .tooLarge)
    }

    @Test func blobsElsewhereSeeNoSecret() async throws {
        let elsewhere = try await ScriptedRegistry(["GET /blob": [Answer(200, [], .text(Self.config))]])
        var table = Self.table([Self.image])
        table["GET /v2/a/blobs/\(Self.digest(Self.config))"] = [
            Answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")]),
            Answer(307, [("Location", "http://\(elsewhere.name)/blob?sig=1")]),
        ]
        let registry = try await ScriptedRegistry(table)
        let repository = try Repository(parsing: "\(registry.name)/a")
        let wanted = try Digest(parsing: Self.digest(Self.image))
        let content = try await withService(
            listed: [registry.name, elsewhere.name],
            change: {
                $0.registries[repository.registry] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "p"))
            }
        ) { try await $0.content(of: wanted, in: repository) }
        #expect(content.platforms.count == 1)
        #expect(registry.requests.last?.header("Authorization") != nil)
        #expect(elsewhere.requests.map { $0.header("Authorization") } == [nil])
    }

    @Test func askedForAtOnceIsAskedForOnce() async throws {
        var table = Self.table([], blobs: [Self.config])
        table["GET /v2/a/manifests/\(Self.digest(Self.image))"] = [
            Answer(200, [], .text(Self.image), delay: .milliseconds(200))
        ]
        let registry = try await ScriptedRegistry(table)
        let repository = try Repository(parsing: "\(registry.name)/a")
        let wanted = try Digest(parsing: Self.digest(Self.image))
        try await withService(listed: [registry.name]) { service in
            async let first = service.content(of: wanted, in: repository)
            async let second = service.content(of: wanted, in: repository)
            let (one, other) = (try await first, try await second)
            #expect(one == other)
        }
        #expect(registry.requests.count == 2)
    }
}

extension Result where Failure == CheckFailure {
    fileprivate var failure: CheckFailure? { if case .failure(let failure) = self { failure } else { nil } }
    fileprivate var code: CheckFailure.Code? { failure?.code }
}
