import Hummingbird
import OCI
import Store

extension Site {
    func repositoryPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let repository = try ReferencePath.repository(of: request.uri.path, after: "/repositories/")
        let query = try Query(request.uri.query)
        let tags = try await store.tags(in: repository)
        let plan = RepositoryPage.Plan(
            tags, shape: try query.text("shape").nonEmpty, after: try query.position("after") ?? 0)
        let now = clock()
        let rows = try await rows(try await store.tags(named: plan.detailed), at: now)
        let page = RepositoryPage(
            repository, plan: plan, rows: Dictionary(rows.map { ($0.reference, $0) }) { $1 },
            canTrack: settings.publicTracking, now: now)
        return html(page, status: plan.parts.isEmpty ? .notFound : .ok)
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
