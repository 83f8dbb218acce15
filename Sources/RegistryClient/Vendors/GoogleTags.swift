import OCI

/// The distribution API's `tags/list`, to which Google adds every manifest with its tags and times.
/// https://github.com/google/go-containerregistry/blob/main/pkg/v1/google/list.go
struct GoogleTags: VendorListing {
    let start: String
    let isWhole = true

    /// Without `n` everything comes in one answer.
    init(_ repository: Repository) {
        start = "/v2/\(repository.path)/tags/list"
    }

    func read(_ body: some Collection<UInt8>, _ facts: AnswerFacts) throws(BadVendorAnswer) -> ListingStep {
        let document = try LooseJSON.decode(Document.self, from: body)
        return ListingStep(tags: document.tags(facts), next: facts.link.map { .link($0) })
    }

    private struct Document: Decodable {
        let names: [Tag]
        let manifests: [String: Manifest]

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            let listed = object.list("tags", of: String.self)
            guard listed != nil || object.has("manifest") || object.has("name") else {
                throw BadVendorAnswer.notAListing
            }
            names = (listed ?? []).compactMap { try? Tag(parsing: $0) }
            manifests = object.table("manifest", of: Manifest.self) ?? [:]
        }

        func tags(_ facts: AnswerFacts) -> [ListedTag] {
            var found = [Tag: ListedTag](minimumCapacity: names.count)
            for (text, manifest) in manifests {
                guard let digest = try? Digest(parsing: text) else { continue }
                for tag in manifest.tags {
                    // Under two digests at once: which one it bears, only the registry itself can tell.
                    if let other = found[tag], other.digest != digest {
                        found[tag] = ListedTag(tag: tag)
                    } else {
                        found[tag] = ListedTag(
                            tag: tag, digest: digest, mediaType: manifest.mediaType,
                            pushedAt: manifest.uploadedAt?.asPushTime(askedAt: facts.askedAt))
                    }
                }
            }
            for tag in names where found[tag] == nil { found[tag] = ListedTag(tag: tag) }
            return found.values.sorted { $0.tag < $1.tag }
        }
    }

    private struct Manifest: Decodable {
        let tags: [Tag]
        let mediaType: MediaType?
        let uploadedAt: Timestamp?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            tags = (object.list("tag", of: String.self) ?? []).compactMap { try? Tag(parsing: $0) }
            mediaType = MediaType(ofManifest: object.text("mediaType"))
            uploadedAt = object.number("timeUploadedMs").map { Timestamp(secondsSinceEpoch: $0 / 1_000) }
        }
    }
}
