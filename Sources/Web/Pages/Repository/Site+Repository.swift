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
        let offered = try await offeredPart(
            of: repository, tags: tags, on: Href.repository(repository), for: request, query, context)
        guard !plan.parts.isEmpty else {
            let page = RepositoryPage(repository, plan: plan, rows: [], offered: offered, now: clock())
            return html(page, status: .notFound)
        }
        let detailed = try await store.tags(named: plan.detailed)
        return try await answer(request, about: detailed, plan.shown + (offered?.shown ?? [])) {
            let now = clock()
            return html(
                RepositoryPage(
                    repository, plan: plan, rows: try await rows(detailed, at: now), offered: offered, now: now))
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
