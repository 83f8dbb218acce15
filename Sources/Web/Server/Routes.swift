import HTTPTypes
import Hummingbird

extension Site {
    typealias Handler = @Sendable (Request, SiteContext) async throws -> Response

    /// Every address of the site.
    var routes: [(path: RouterPath, handlers: [HTTPRequest.Method: Handler])] {
        [
            ("/", [.get: overviewPage, .post: readBox]),
            ("/compare", [.get: comparePage]),
            ("/tags", [.get: { _, _ in Response(status: .seeOther, headers: [.location: "/"]) }, .post: trackForm]),
            ("/tags/**", [.get: tagPage]),
            ("/repositories/**", [.get: repositoryPage]),
            ("/checks/**", [.post: checkForm]),
            ("/status", [.get: statusPage]),
            ("/docs", [.get: docsPage]),
            ("/details/**", [.get: redirectDetails]),
            ("/assets/*", [.get: asset]),
            ("/favicon.ico", [.get: icon]),
            ("/api/v1/tags", [.get: listTags, .post: addTag]),
            ("/api/v1/tags/**", [.get: showTag, .delete: removeTag]),
            ("/api/v1/changes", [.get: listChanges]),
            ("/api/v1/changes/**", [.get: listTagChanges]),
            ("/api/v1/histogram/**", [.get: showHistogram]),
            ("/api/v1/checks/**", [.post: checkTag]),
            ("/api/v1/compare", [.get: compare]),
            ("/api/v1/settled/**", [.get: showSettled]),
            ("/api/v1/digests/**", [.get: showDigest]),
            ("/api/v1/repositories/**", [.get: listOffered]),
            ("/api/v1/status", [.get: showStatus]),
            ("/api/v1/openapi.json", [.get: showDocument]),
            ("/badges/**", [.get: badge]),
            ("/feeds/**", [.get: feed]),
            ("/charts/**", [.get: chart]),
            ("/history/**", [.get: historyFile]),
            ("/metrics", [.get: showMetrics]),
            ("/healthz", [.get: showHealth]),
            ("/readyz", [.get: showReadiness]),
        ]
    }

    func buildRouter() -> Router<SiteContext> {
        let router = Router(context: SiteContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SiteMiddleware(site: self))
        for (path, handlers) in routes {
            for (method, handler) in handlers { router.on(path, method: method, use: handler) }
            refuseOtherMethods(of: path, allowed: Set(handlers.keys), in: router)
        }
        return router
    }

    /// What a browser asks before a page of another site may read with headers of its own.
    private static let sharing = Response(
        status: .noContent,
        headers: [
            .accessControlAllowMethods: "GET, HEAD", .accessControlAllowHeaders: "Accept, If-None-Match",
            .accessControlMaxAge: "86400",
        ])

    /// 405 with what is allowed; without it the router would say that nothing is there.
    private func refuseOtherMethods(
        of path: RouterPath, allowed: Set<HTTPRequest.Method>, in router: Router<SiteContext>
    ) {
        let allowed = allowed.contains(.get) ? allowed.union([.head]) : allowed
        let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        let all: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
        for method in all where !allowed.contains(method) {
            router.on(path, method: method) { request, _ -> Response in
                if method == .options, allowed.contains(.get), SiteMiddleware.isShared(request) {
                    return Self.sharing
                }
                throw Problem(.methodNotAllowed, "Here one can \(names).", headers: [.allow: names])
            }
        }
    }
}
