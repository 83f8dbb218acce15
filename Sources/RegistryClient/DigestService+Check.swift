import NIOCore
import NIOHTTP1
import OCI

/// The one set of types that is ever asked for: some registries answer another digest for another set.
enum ManifestAccept {
    static let header = [MediaType.ociIndex, .dockerManifestList, .ociManifest, .dockerManifest]
        .map(\.description).joined(separator: ", ")
}

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
extension DigestService {
    func check(_ reference: TagReference, isUrgent: Bool) async -> DigestOutcome {
        do throws(CheckFailure) {
            let lane = lane(for: reference.registry)
            let target = "/v2/" + reference.repository.path + "/manifests/" + reference.tag.name
            let head = try await lane.ask(
                .HEAD, target, of: reference.repository, accept: ManifestAccept.header, limit: 0, isUrgent: isUrgent,
                purpose: .check)
            switch try Self.read(head: head.answer, host: lane.hostName) {
            case .outcome(let outcome): return outcome
            case .needsContent(let claimed):
                let content = try await lane.ask(
                    .GET, target, of: reference.repository, accept: ManifestAccept.header,
                    limit: configuration.limits.manifest, isUrgent: isUrgent, purpose: .check)
                return try Self.read(content: content.answer, claimed: claimed, host: lane.hostName)
            }
        } catch {
            return .failed(error)
        }
    }

    private enum HeadReading {
        case outcome(DigestOutcome)
        /// The headers alone do not settle it: the content has to. With the digest that they claim, if any.
        case needsContent(Digest?)
    }

    /// What servers put where they know no type.
    private static let sayingNothing: Set = ["application/octet-stream", "text/plain"]

    private static func read(head answer: HTTPAnswer, host: String) throws(CheckFailure) -> HeadReading {
        switch answer.status {
        case 200: break
        case 404: return .outcome(.missing)
        // Registries and proxies without HEAD.
        case 405, 501: return .needsContent(nil)
        default: throw CheckFailure(status: answer, host: host)
        }
        let type = answer.headers.first(name: "Content-Type")
        let mediaType = type.flatMap { MediaType(header: $0) }
        if let mediaType, mediaType.description == "text/html" || mediaType.description == "application/xhtml+xml" {
            throw CheckFailure(.badAnswer, "\(host) answered with a web page (\(mediaType)) instead of a manifest")
        }
        guard let digest = try digest(in: answer.headers, host: host) else { return .needsContent(nil) }
        if let mediaType, mediaType.isIndex || mediaType.isManifest {
            return .outcome(.found(DigestAnswer(digest: digest, mediaType: mediaType)))
        }
        if type == nil || mediaType.map({ sayingNothing.contains($0.description) }) == true {
            return .outcome(.found(DigestAnswer(digest: digest, mediaType: nil)))
        }
        // Something else: a manifest under a wrong name, or no manifest at all. The content tells.
        return .needsContent(digest)
    }

    private static func read(
        content answer: HTTPAnswer, claimed: Digest?, host: String
    ) throws(CheckFailure) -> DigestOutcome {
        switch answer.status {
        case 200: break
        case 404: return .missing
        default: throw CheckFailure(status: answer, host: host)
        }
        let bytes = Array(answer.body.readableBytesView)
        let manifest: Manifest
        do {
            manifest = try Manifest(parsing: bytes)
        } catch {
            let type = answer.headers.first(name: "Content-Type").flatMap { MediaType(header: $0) }
            let shown = type.map { " (\($0))" } ?? ""
            throw CheckFailure(error == .tooLarge ? .tooLarge : .badAnswer, "\(host)\(shown): \(error)")
        }
        let claims = [claimed, try digest(in: answer.headers, host: host)].compactMap(\.self)
        let computed = ContentHash.digest(of: bytes, as: claims.first?.algorithm ?? .sha256)
        guard let digest = computed, claims.allSatisfy({ $0 == digest }) else {
            throw CheckFailure(.badAnswer, "\(host) answered with content that does not have the digest it claims")
        }
        let header = answer.headers.first(name: "Content-Type").flatMap { MediaType(header: $0) }
        let isKnown = header.map { $0.isIndex || $0.isManifest } ?? false
        return .found(DigestAnswer(digest: digest, mediaType: isKnown ? header : manifest.impliedMediaType))
    }

    /// The digest header; nil where there is none. Text that is no digest is an error, never data.
    private static func digest(in headers: HTTPHeaders, host: String) throws(CheckFailure) -> Digest? {
        let values = headers["Docker-Content-Digest"]
        guard let first = values.first else { return nil }
        guard values.allSatisfy({ $0 == first }), let digest = try? Digest(parsing: first) else {
            throw CheckFailure(.badAnswer, "\(host) answered with a Docker-Content-Digest header that is not a digest")
        }
        return digest
    }
}
