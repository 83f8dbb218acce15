import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    func tagPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try ReferencePath.reference(of: request.uri.path, after: "/tags/")
        let query = try Query(request.uri.query)
        let bucket = try query.bucket()
        let older = try query.position("before")
        let ownText = try query.text("digest")
        let past = try query.past(before: clock())
        let asked = try query.time("since")
        let outcome = CheckOutcome.allCases.first { $0.name == query["checked"] }
        let permissions = TagPage.Permissions(canTrack: settings.publicTracking)
        let siblings = try await store.tags(in: reference.repository)
        let offered = try await offeredPart(
            of: reference.repository, tags: siblings, on: Href.tag(reference), from: reference, for: request, query,
            context)
        let viewed = try await viewed(reference, context)
        guard let tag = viewed.tag else {
            return html(
                TagPage(untracked: reference, siblings: siblings, offered: offered, permissions: permissions),
                status: .notFound)
        }
        // A tag whose turn has not come since its registry fell silent does not know of that yet.
        let silence = tag.state == .active || tag.state == .missing ? silence(of: reference.registry) : []
        let woken = viewed.asleep.map { [Notice.woken($0)] } ?? []
        return try await answer(
            request, about: [tag],
            (offered?.shown ?? []) + (silence + woken).flatMap { [$0.text, $0.reasonText ?? ""] }
        ) {
            let whole = TagRecord(tag, history: try await store.history(of: tag.id))
            let now = past ?? clock()
            let record = whole.asOf(past)
            var content = TagPage.Content(
                tag: record.tag, history: record.history, statistics: try await store.statistics(of: whole, asOf: now),
                list: .init(record.history, older: older), siblings: siblings, offered: offered, bucket: bucket,
                permissions: permissions, origin: origin(of: request, context), now: now)
            if past != nil { content.today = (tag, clock()) }
            content.list.facts = try await store.facts(of: content.list.items.compactMap(\.digest))
            if !ownText.isEmpty { content.own = try await ownDigest(ownText, history: record.history) }
            var page = TagPage(content)
            page.notices += woken + silence
            if let past {
                page.notices.append(.asOf(past))
            } else if let asked, query.has("checked") {
                let isIdle = outcome == nil ? try await statusAtHand()?.workers.isEmpty ?? false : false
                page.notices += [Notice.checked(tag, outcome, since: asked, isIdle: isIdle, now: now)].compactMap(
                    \.self)
            }
            return html(page)
        }
    }

    private func silence(of registry: Registry) -> [Notice] {
        Notice.silent(newStatus()?.lanes.filter { $0.registry == registry && $0.isSilent } ?? [])
    }

    /// What the store knows of a visitor's own digest.
    private func ownDigest(_ text: String, history: [Change]) async throws -> TagPage.OwnDigest {
        var own = TagPage.OwnDigest(text)
        guard let digest = own.digest else { return own }
        own.holders = Set(try await store.holders(of: digest))
        if !history.contains(where: { $0.digest.map(own.holders.contains) ?? false }) {
            own.bearers = try await store.tags(bearing: digest, limit: 5, cursor: nil).items.map(\.reference)
        }
        return own
    }
}
