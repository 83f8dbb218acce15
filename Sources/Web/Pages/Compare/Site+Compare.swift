import Hummingbird
import OCI
import Store

extension Site {
    func comparePage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let images = try NamedImages(Query.images(in: request.uri.query))
        let (pinned, tags) = (images.items.filter { $0.pinned != nil }, images.items.filter { $0.pinned == nil })
        let references = tags.map(\.reference).uniqued
        let unreadable =
            images.unreadable
            + pinned.map { item in
                NamedImages.Unreadable(
                    text: item.reference.familiar + "@…",
                    reason: "It bears a digest; name the tag alone: \(item.reference.familiar).", places: nil)
            }
        guard references.count <= ComparePage.most else {
            throw Problem.unacceptable("\(references.count) images are named; compare two to eight.")
        }
        let past = try Query(request.uri.query).past(before: clock())
        let known = try await store.tags(named: references)
        views.note(known, at: clock())
        return try await answer(request, about: known) {
            var page = try await comparePage(references, try await store.wholeRecords(of: known), at: past)
            page.unreadable = unreadable
            return html(page, status: unreadable.isEmpty ? .ok : .unprocessableContent)
        }
    }

    private func comparePage(
        _ references: [TagReference], _ records: [TagRecord], at past: Timestamp?
    ) async throws -> ComparePage {
        let now = past ?? clock()
        let statistics = try await store.statistics(of: records, asOf: now)
        var page = ComparePage(
            references, records: Array(zip(records.map { $0.asOf(past) }, statistics)),
            canTrack: settings.publicTracking, now: now)
        if let past { page.notices = [.asOf(past)] }
        if references.count < 2 {
            page.presets = settings.presets.map { preset in
                Link(
                    label: preset.name,
                    href: Href.images(preset.images.prefix(ComparePage.most).map(\.familiar), path: "/compare"))
            }
        }
        return page
    }
}
