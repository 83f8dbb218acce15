import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    func listChanges(_ request: Request, _ context: SiteContext) async throws -> Response {
        let query = try Query(request.uri.query)
        return try await changes(try await store.changes(limit: try query.limit(), cursor: query["cursor"]))
    }

    func listTagChanges(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try apiReference(request, "changes")
        let query = try Query(request.uri.query)
        if let platform = try query.platform() {
            let (tag, history) = try await tagWithHistory(reference)
            let rows = try await rows(of: platform, tag, history)
            return try await changes(
                try store.changes(
                    of: tag, platform: platform, rows: rows, limit: try query.limit(), cursor: query["cursor"]))
        }
        let page = try await store.changes(of: reference, limit: try query.limit(), cursor: query["cursor"])
        // An empty list may be a tag without history, or no tag at all.
        if page.items.isEmpty, try await store.tag(reference) == nil { throw Self.notTracked(reference) }
        return try await changes(page)
    }

    private func changes(_ page: Store.Page<TagChange>) async throws -> Response {
        let facts = try await store.facts(of: page.items.compactMap(\.change.digest))
        return json(ListJSON(items: page.items.map { ChangeJSON($0, facts: facts) }, next: page.next))
    }

    func showHistogram(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try apiReference(request, "histogram")
        let query = try Query(request.uri.query)
        let bucket = try query.bucket() ?? .week
        let (from, to) = (try query.time("from"), try query.time("to"))
        let (_, history, firstSeenAt) = try await tagWithHistory(reference, platform: try query.platform())
        let histogram: Histogram
        do {
            histogram = try Histogram(
                bucket: bucket, changes: history, firstSeenAt: firstSeenAt, from: from, to: to, now: clock())
        } catch {
            throw Problem.unacceptable(Words.sentence(error.description))
        }
        return json(histogram)
    }

    func showStatus(_ request: Request, _ context: SiteContext) async throws -> Response {
        json(StatusJSON(try await status(), version: settings.version, now: clock()))
    }
}
