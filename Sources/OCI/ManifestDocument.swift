/// A manifest's JSON, of either shape.
struct ManifestDocument: Decodable {
    struct Descriptor: Decodable {
        let digest: String
        let mediaType: String?
        let artifactType: String?
        let platform: PlatformDocument?
        let annotations: FactsDocument?

        var type: MediaType? { mediaType.flatMap { MediaType(header: $0) } }

        /// An attestation by BuildKit's annotation, or anything that names itself an artifact of another type.
        var isCompanion: Bool {
            if annotations?.referenceType == "attestation-manifest" { return true }
            guard let artifactType, !artifactType.isEmpty else { return false }
            return MediaType(header: artifactType).map { !MediaType.imageConfigs.contains($0) } ?? true
        }

        func parsedDigest() throws(ManifestError) -> Digest {
            do {
                return try Digest(parsing: digest)
            } catch {
                throw .badDigest(error)
            }
        }
    }

    let schemaVersion: Int?
    let manifests: [Descriptor]?
    let config: Descriptor?
    let layers: [Descriptor]?
    let annotations: FactsDocument?

    func manifest() throws(ManifestError) -> Manifest {
        if schemaVersion == 1 { throw .schema1 }
        let facts = annotations?.facts ?? ImageFacts()
        if let manifests {
            guard manifests.count <= Manifest.maximumEntries else { throw .tooManyEntries(manifests.count) }
            var entries = [Manifest.Entry]()
            entries.reserveCapacity(manifests.count)
            for descriptor in manifests {
                entries.append(
                    Manifest.Entry(
                        digest: try descriptor.parsedDigest(), mediaType: descriptor.type,
                        platform: descriptor.platform?.platform, isCompanion: descriptor.isCompanion,
                        facts: descriptor.annotations?.facts ?? ImageFacts()))
            }
            return .index(entries, facts: facts)
        }
        guard let config, let layers else { throw .otherShape }
        guard layers.count <= Manifest.maximumEntries else { throw .tooManyEntries(layers.count) }
        var digests = [Digest]()
        for layer in layers { digests.append(try layer.parsedDigest()) }
        return .image(
            Manifest.Image(config: try config.parsedDigest(), configType: config.type, layers: digests, facts: facts))
    }
}
