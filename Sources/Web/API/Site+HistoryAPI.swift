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
        let (platform, limit, cursor) = (try query.platform(), try query.limit(), query["cursor"])
        return try await answer(request, context, about: reference) { tag in
            guard let platform else {
                return try await changes(try await store.changes(of: reference, limit: limit, cursor: cursor))
            }
            let rows = try await history(of: tag, platform: platform).history
            return try await changes(
                try store.changes(of: tag, platform: platform, rows: rows, limit: limit, cursor: cursor))
        }
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
        let platform = try query.platform()
        return try await answer(request, context, about: reference) { tag in
            let (history, firstSeenAt) = try await history(of: tag, platform: platform)
            do {
                return json(
                    try Histogram(
                        bucket: bucket, changes: history, firstSeenAt: firstSeenAt, from: from, to: to, now: clock()))
            } catch let error as HistogramError {
                throw Problem.unacceptable(Words.sentence(error.description))
            }
        }
    }

    func showStatus(_ request: Request, _ context: SiteContext) async throws -> Response {
        json(StatusJSON(try await status(), version: settings.version, now: clock()))
    }
}
