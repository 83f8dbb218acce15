import NIOCore
import NIOHTTP1
public import OCI

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
extension DigestService {
    /// What a digest stands for: of an index its platforms, one of its images and what that says of itself; of a single
    /// image its layers, platform and what it says of itself.
    ///
    /// That is at most three requests, whatever the number of platforms: the layers of the other platforms are read
    /// where they are needed, as images of their own. Nothing is believed that does not have its digest.
    ///
    /// - Parameters:
    ///   - known: which of some images need not be read, because their layers are known.
    ///   - isPart: the digest is an image of an index: its layers are all that is wanted.
    /// - Throws: `notFound` where the registry has no such manifest.
    public func content(
        of digest: Digest, in repository: Repository, urgent: Bool = false, isPart: Bool = false,
        known: @Sendable (Digest) async -> Bool = { _ in false }
    ) async throws(CheckFailure) -> Content {
        let reader = ContentQuestion(
            lane: lane(for: repository.registry), repository: repository, isUrgent: urgent,
            limit: configuration.limits.manifest)
        let key = ContentKey(repository: repository, digest: digest, isPart: isPart)
        let result = await contentInFlight.value(for: key) { () async -> Result<Content, CheckFailure>? in
            do throws(CheckFailure) {
                return .success(try await reader.content(of: digest, isPart: isPart, known: known))
            } catch {
                return error.code == .cancelled && Task.isCancelled ? nil : .failure(error)
            }
        }
        guard let result else { throw CheckFailure(.cancelled, "the question was cancelled") }
        return try result.get()
    }
}

/// One content that is asked for, in one place.
struct ContentKey: Hashable, Sendable {
    let repository: Repository
    let digest: Digest
    let isPart: Bool
}

/// Puts together what several answers say.
private struct ContentQuestion: Sendable {
    let lane: RegistryLane
    let repository: Repository
    let isUrgent: Bool
    let limit: Int

    func content(
        of digest: Digest, isPart: Bool, known: @Sendable (Digest) async -> Bool
    ) async throws(CheckFailure) -> Content {
        let (manifest, mediaType) = try await manifest(digest)
        switch manifest {
        case .image(let image):
            let config = isPart ? nil : try await config(of: image)
            let facts = image.facts.completed(by: config?.facts ?? ImageFacts())
            return Content(
                digest: digest, mediaType: mediaType, isIndex: false,
                platforms: config?.platform.map { [PlatformDigest(platform: $0, digest: digest)] } ?? [],
                images: [Content.Image(digest: digest, layers: image.layers, facts: facts)], facts: facts)
        case .index(let entries, var facts):
            let platforms = manifest.platforms
            guard Set(platforms.map(\.platform)).count <= Content.maximumPlatforms else {
                throw CheckFailure(
                    .tooLarge, "\(lane.hostName): the index has more than \(Content.maximumPlatforms) platforms")
            }
            let principal = platforms.principal?.digest
            if let entry = entries.first(where: { $0.digest == principal }) {
                facts = entry.facts.completed(by: facts)
            }
            var images = [Content.Image]()
            if let principal, !(await known(principal)), let image = try await self.image(principal, knowing: facts) {
                images.append(image)
            }
            return Content(
                digest: digest, mediaType: mediaType, isIndex: true, platforms: platforms,
                hasUnnamedPlatforms: manifest.hasUnnamedPlatforms, images: images,
                facts: images.reduce(facts) { $0.completed(by: $1.facts) })
        }
    }

    /// The image that stands for an index; nil where the index is there and its image is not, or is none.
    private func image(_ digest: Digest, knowing facts: ImageFacts) async throws(CheckFailure) -> Content.Image? {
        do {
            guard case .image(let image) = try await manifest(digest).manifest else { return nil }
            var said = image.facts
            if !facts.completed(by: said).isTelling, let config = try await config(of: image) {
                said = said.completed(by: config.facts)
            }
            return Content.Image(digest: digest, layers: image.layers, facts: said)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private func manifest(_ digest: Digest) async throws(CheckFailure) -> (manifest: Manifest, mediaType: MediaType) {
        let found = try await lane.ask(
            .GET, "/v2/" + repository.path + "/manifests/" + digest.description, of: repository,
            accept: ManifestAccept.header, limit: limit, isUrgent: isUrgent, purpose: .content)
        let bytes = try read(found.answer, of: digest, what: "manifest")
        do {
            let manifest = try Manifest(parsing: bytes)
            let header = found.answer.headers.first(name: "Content-Type").flatMap { MediaType(header: $0) }
            let isKnown = header.map { $0.isIndex || $0.isManifest } ?? false
            return (manifest, (isKnown ? header : nil) ?? manifest.impliedMediaType)
        } catch {
            throw CheckFailure(error == .tooLarge ? .tooLarge : .badAnswer, "\(lane.hostName): \(error)")
        }
    }

    /// Nil where the configuration is none of an image's, or gone.
    private func config(of image: Manifest.Image) async throws(CheckFailure) -> ImageConfig? {
        guard image.hasImageConfig else { return nil }
        let found = try await lane.ask(
            .GET, "/v2/" + repository.path + "/blobs/" + image.config.description, of: repository,
            accept: "*/*", limit: ImageConfig.maximumBytes, isUrgent: isUrgent, purpose: .content)
        if found.answer.status == 404 { return nil }
        let bytes = try read(found.answer, of: image.config, what: "configuration")
        do {
            return try ImageConfig(parsing: bytes)
        } catch {
            // What is no image's configuration under no type of its own is an artifact's.
            if image.configType == nil, error == .otherShape || error == .notJSON { return nil }
            throw CheckFailure(.badAnswer, "\(lane.hostName): \(error)")
        }
    }

    /// The bytes that have this digest, or a failure: a header's word for it is not enough.
    private func read(_ answer: HTTPAnswer, of digest: Digest, what: String) throws(CheckFailure) -> [UInt8] {
        switch answer.status {
        case 200: break
        case 404, 410: throw CheckFailure(.notFound, "\(lane.hostName) has no \(what) \(digest.short) any more")
        default: throw CheckFailure(status: answer, host: lane.hostName)
        }
        let bytes = Array(answer.body.readableBytesView)
        guard ContentHash.digest(of: bytes, as: digest.algorithm) == digest else {
            throw CheckFailure(
                .badAnswer, "\(lane.hostName) answered with a \(what) that does not have the digest \(digest.short)")
        }
        return bytes
    }
}
