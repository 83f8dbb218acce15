import HTTPTypes
import Hummingbird

extension Site {
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
