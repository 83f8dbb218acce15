import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    /// Several images that an address names.
    func imagesPage(_ images: NamedImages, _ request: Request) async throws -> Response {
        let tags = try await knownTags(of: images)
        func named(by field: String) throws -> Set<TagReference> {
            Set(try Query.all(field, in: request.uri.query).compactMap { try? TagReference(parsing: $0) })
        }
        let (refused, left) = (try named(by: "refused"), try named(by: "left"))
        return try await answer(request, about: tags) {
            try await imagesPage(images, tags, refused: refused, left: left)
        }
    }

    /// Several images that were pasted.
    func imagesPage(_ images: NamedImages) async throws -> Response {
        try await imagesPage(images, try await knownTags(of: images))
    }

    /// Those that are watched, or were once seen.
    private func knownTags(of images: NamedImages) async throws -> [TrackedTag] {
        var tags = try await store.tags(named: images.items.map(\.reference))
        let now = clock()
        views.note(tags, at: now)
        // A look wakes those that were retired.
        for index in tags.indices.filter({ tags[$0].state == .untracked }).prefix(Self.mostAtOnce) {
            let reference = tags[index].reference
            guard (try? await store.wake(reference, maxTracked: settings.maxTracked, at: now)) == true else { continue }
            if let woken = try await store.tag(reference) { tags[index] = woken }
        }
        return tags.filter { $0.state != .untracked || $0.firstSeenAt != nil }
    }

    /// - Parameters:
    ///   - refused: what was just to be tracked, and its registry does not have.
    ///   - left: what was just to be tracked, and could not be for another reason.
    private func imagesPage(
        _ images: NamedImages, _ tags: [TrackedTag], refused: Set<TagReference> = [], left: Set<TagReference> = []
    ) async throws -> Response {
        let now = clock()
        let rows = try await rows(tags, at: now)
        let page = ImagesPage(
            images, known: Dictionary(rows.map { ($0.reference, $0) }) { $1 },
            pins: try await pins(of: images, tags: tags, now: now), refused: refused, left: left,
            untracked: Set(tags.filter { $0.state == .untracked }.map(\.reference)), canTrack: settings.publicTracking,
            now: now)
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
