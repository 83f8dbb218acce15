import OCI

/// One answer of ECR's DescribeImages, private or public.
/// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
struct ECRImagePage: Sendable {
    static let pageSize = 1_000

    let tags: [ListedTag]
    /// The `nextToken` of the next request; nil at the end.
    let next: String?

    init(tags: [ListedTag], next: String?) {
        self.tags = tags
        self.next = next
    }

    init(parsing body: some Collection<UInt8>, askedAt: Timestamp) throws(BadVendorAnswer) {
        let document = try LooseJSON.decode(Document.self, from: body)
        // Push times are of a digest: its tags share one.
        tags = document.images.flatMap { image in
            image.tags.map { tag in
                ListedTag(
                    tag: tag, digest: image.digest, mediaType: image.mediaType,
                    pushedAt: image.pushedAt?.asPushTime(askedAt: askedAt))
            }
        }
        next = document.next.flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Document: Decodable {
        let images: [Image]
        let next: String?

        init(from decoder: any Decoder) throws {
            images = try LooseList<Image>(from: decoder, at: "imageDetails").elements
            let object = try LooseObject(decoder)
            next = object.text("nextToken")
            if next == nil, object.has("nextToken") { throw BadVendorAnswer.notAListing }
        }
    }

    private struct Image: Decodable {
        let tags: [Tag]
        let digest: Digest?
        let mediaType: MediaType?
        let pushedAt: Timestamp?

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            tags = (object.list("imageTags", of: String.self) ?? []).compactMap { try? Tag(parsing: $0) }
            digest = object.digest("imageDigest")
            mediaType = MediaType(ofManifest: object.text("imageManifestMediaType"))
            // Seconds with a fraction from the API itself, RFC 3339 from what stands in for it.
            pushedAt =
                object.number("imagePushedAt").map { Timestamp(secondsSinceEpoch: $0) } ?? object.time("imagePushedAt")
        }
    }
}
