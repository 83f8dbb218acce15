import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    /// Several images that an address names.
    func imagesPage(_ images: NamedImages, _ request: Request) async throws -> Response {
        let tags = try await trackedTags(of: images)
        let refused = Set(try Query.all("refused", in: request.uri.query).compactMap { try? TagReference(parsing: $0) })
        return try await answer(request, about: tags) { try await imagesPage(images, tags, refused: refused) }
    }

    /// Several images that were pasted.
    func imagesPage(_ images: NamedImages) async throws -> Response {
        try await imagesPage(images, try await trackedTags(of: images))
    }

    private func trackedTags(of images: NamedImages) async throws -> [TrackedTag] {
        let tags = try await store.tags(named: images.items.map(\.reference)).filter { $0.state != .untracked }
        views.note(tags, at: clock())
        return tags
    }

    /// - Parameter refused: what was just to be tracked and could not be.
    private func imagesPage(
        _ images: NamedImages, _ tags: [TrackedTag], refused: Set<TagReference> = []
    ) async throws -> Response {
        let now = clock()
        let rows = try await rows(tags, at: now)
        let page = ImagesPage(
            images, known: Dictionary(rows.map { ($0.reference, $0) }) { $1 },
            pins: try await pins(of: images, tags: tags, now: now), refused: refused,
            canTrack: settings.publicTracking, now: now)
        return html(page)
    }

    /// What is known of the digests that images are pinned to.
    private func pins(
        of images: NamedImages, tags: [TrackedTag], now: Timestamp
    ) async throws -> [TagReference: [Digest: Badge]] {
        let pinned = images.items.filter { $0.pinned != nil }
        guard !pinned.isEmpty else { return [:] }
        let wanted = Set(pinned.map(\.reference))
        let tags = tags.filter { wanted.contains($0.reference) }
        let holders = try await store.holders(ofEach: pinned.compactMap(\.pinned))
        var badges: [TagReference: [Digest: Badge]] = [:]
        for record in try await store.wholeRecords(of: tags) {
            let tag = record.tag
            let (bearings, marks) = (record.bearings, record.marks)
            for case let digest? in pinned.filter({ $0.reference == tag.reference }).map(\.pinned) {
                badges[tag.reference, default: [:]][digest] = Badge(
                    pinned: Set((holders[digest] ?? []) + [digest]), bearings: bearings, marks: marks, now: now)
            }
        }
        return badges
    }
}
