import Hummingbird

extension Site {
    func showDocument(_ request: Request, _ context: SiteContext) async throws -> Response {
        document.response(to: request)
    }

    func docsPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        docs.response(to: request, cacheControl: "no-cache")
    }
}
