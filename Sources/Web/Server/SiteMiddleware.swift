import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Store

/// Around every request: errors become problems or pages, and every answer bears the headers that protect visitors.
struct SiteMiddleware: RouterMiddleware {
    typealias Context = SiteContext

    let site: Site

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        if let key = RecentAnswers.Key(request, origin: site.origin(of: request, context)),
            let state = site.answers.state()
        {
            if let known = site.answers.answer(to: key, at: state) {
                response = known.ifNew(to: request)
            } else {
                response = try await finished(request, context, next)
                site.answers.keep(response, for: key, of: state)
            }
        } else {
            // Also where it ended badly: something may have been written.
            defer { if request.method != .get && request.method != .head { site.answers.forget() } }
            response = try await finished(request, context, next)
        }
        site.requests.note(
            request.method, route: context.endpointPath, status: response.status.code,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        // The router drops the body for its own routes alone; what follows one is taken for the next answer.
        return request.method == .head ? try await response.head() : response
    }

    /// As it goes out.
    private func finished(
        _ request: Request, _ context: SiteContext, _ next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            response = answer(to: request, for: problem(of: error, context), context)
        }
        response = try await response.named(for: request).compressed(for: request)
        if site.settings.publicURL == nil, let vary = response.headers[.vary], request.uri.path.hasPrefix("/feeds/") {
            // Their links begin with the address that a trusted proxy says.
            response.headers[.vary] = vary + ", Forwarded, X-Forwarded-Host, X-Forwarded-Proto"
        }
        // What a client keeps has them, and a picture that stands alone brings the rule for its own colours.
        for field in Self.protection where response.status != .notModified && response.headers[field.name] == nil {
            response.headers[field.name] = field.value
        }
        if Self.isShared(request) {
            for field in Self.sharing { response.headers[field.name] = field.value }
        }
        return response
    }

    /// Whether pages of other sites may read the answer: what tells of tags, but nothing that writes.
    static func isShared(_ request: Request) -> Bool {
        let path = request.uri.path
        return (request.method == .get || request.method == .head || request.method == .options)
            && ["/api/", "/badges/", "/charts/", "/feeds/", "/history/"].contains { path.hasPrefix($0) }
    }

    /// https://fetch.spec.whatwg.org/#http-cors-protocol
    private static let sharing: HTTPFields = [
        .accessControlAllowOrigin: "*", .accessControlExposeHeaders: "ETag, Location, Retry-After",
    ]

    /// No inline script, no outside asset, in no frame. `data:` images: none yet, style sheets may have them.
    private static let protection: HTTPFields = {
        var fields: HTTPFields = [
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
                + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            .xContentTypeOptions: "nosniff",
        ]
        if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "same-origin" }
        return fields
    }()

    private func problem(of error: any Error, _ context: SiteContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case StoreError.invalidCursor: return .badRequest(Words.sentence(StoreError.invalidCursor.description))
        case let error as HTTPError where error.status == .notFound:
            return .notFound("There is nothing at this address.")
        case let error as any HTTPResponseError where error.status.code < 500:
            return Problem(error.status, "The request cannot be read.")
        default:
            // The operator's log has the reason; visitors can only wait.
            context.logger.error("a request could not be answered", metadata: ["error": "\(error)"])
            guard TagStore.isUnavailable(error) else {
                return Problem(.internalServerError, "Something went wrong here; it is in the log.")
            }
            return .unavailable("The database does not answer. Try again in a moment.", after: 5)
        }
    }

    private func answer(to request: Request, for problem: Problem, _ context: SiteContext) -> Response {
        guard Self.wantsPage(request) else { return problem.response() }
        // A page's own address leads somewhere, whatever was asked of it.
        let isAstray =
            (problem.status == .notFound || problem.status == .unprocessableContent)
            && context.endpointPath != request.uri.path
        let page = ErrorPage(
            status: problem.status.code, heading: Self.heading(problem.status), detail: problem.detail,
            text: problem.text ?? Self.image(in: request),
            suggestions: isAstray && request.method != .post ? ErrorPage.suggestions(for: request.uri.path) : [])
        var response = site.html(page, status: problem.status)
        for field in problem.headers { response.headers[field.name] = field.value }
        return response
    }

    /// Browsers ask for HTML. The pages' own addresses answer with pages to whoever does not ask for JSON.
    static func wantsPage(_ request: Request) -> Bool {
        let path = request.uri.path
        if path.hasPrefix("/api/") || path == "/healthz" || path == "/readyz" { return false }
        let accept = request.headers[values: .accept].joined(separator: ",").lowercased()
        if accept.contains("text/html") { return true }
        let files = ["/badges/", "/charts/", "/feeds/", "/history/", "/assets/", "/metrics"]
        return !accept.contains("json") && !files.contains { path.hasPrefix($0) }
    }

    private static func heading(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "Nothing is here"
        case .unprocessableContent: "That cannot be shown"
        case .contentTooLarge: "That is too much at once"
        case .tooManyRequests: "A little slower, please"
        case .serviceUnavailable: "The database does not answer"
        case .unauthorized, .forbidden: "That is not allowed"
        case .methodNotAllowed: "Not this way"
        default: "That cannot be answered"
        }
    }

    /// What was meant to be an image, for the search box.
    private static func image(in request: Request) -> String {
        for prefix in ["/tags/", "/checks/"] where request.uri.path.hasPrefix(prefix) {
            return PercentCoding.decoded(request.uri.path.dropFirst(prefix.count).prefix(400)) ?? ""
        }
        return ""
    }
}
