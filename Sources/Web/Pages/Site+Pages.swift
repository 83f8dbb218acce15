import HTTPTypes
import Hummingbird
import Logging
import OCI
import Store
import TagHistory

extension Site {
    func overviewPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        var wanted = OverviewPage.Request()
        wanted.tags = try Query(request.uri.query).tags(defaultLimit: 50)
        let now = clock()
        if !wanted.tags.text.isEmpty, let reference = try? TagReference(parsing: wanted.tags.text) {
            wanted.reference = reference
            let found = try await store.tag(reference)
            wanted.isReferenceTracked = found.map { $0.state != .untracked } ?? false
        }
        let page = try await store.tags(wanted.tags)
        // Written otherwise than it is kept, as docker.io/python:3.12.
        if page.items.isEmpty, wanted.isReferenceTracked, let reference = wanted.reference {
            return Response(status: .seeOther, headers: [.location: Href.tag(reference)])
        }
        let histories = page.items.isEmpty ? [:] : try await store.histories(of: page.items.map(\.id))
        let records = page.items.map { TagRecord($0, history: histories[$0.id] ?? []) }
        let model = OverviewPage(
            wanted, tags: page, statistics: try await store.statistics(of: records, asOf: now),
            status: try await status(), canTrack: settings.publicTracking, now: now)
        return html(model)
    }

    func statusPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        html(StatusPage(try await status(), version: settings.version, now: clock()))
    }

    /// Docker Tag Monitor's addresses of the same pages.
    func redirectDetails(_ request: Request, _ context: SiteContext) async throws -> Response {
        let path = request.uri.path
        guard path.hasPrefix("/details/") else { throw Problem.notFound("There is no such page.") }
        let query = request.uri.query.map { "?" + $0 } ?? ""
        let target = "/tags/" + path.dropFirst("/details/".count) + query
        return Response(status: .permanentRedirect, headers: [.location: target])
    }
}
