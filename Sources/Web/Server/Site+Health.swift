import HTTPTypes
import Hummingbird
import Store

extension Site {
    private struct Health: Encodable { let status = "ok" }

    /// Nobody shall hear what was.
    private static let healthy = JSONBody.response(Health(), headers: [.cacheControl: "no-store"])

    /// The process answers; nothing else is asked.
    func showHealth(_ request: Request, _ context: SiteContext) async throws -> Response { Self.healthy }

    /// The database answers and has this binary's schema.
    func showReadiness(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard try await store.isMigrated() else {
            throw Problem.unavailable("The database's schema is not this version's. Run tagbeat migrate.", after: 5)
        }
        return Self.healthy
    }

    /// Browsers ask for it where a page names none, as a drawing alone cannot.
    func icon(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard let response = resources.assets.response(for: "tagbeat.svg", to: request) else {
            throw Problem.notFound("There is no such file.")
        }
        return response
    }

    func asset(_ request: Request, _ context: SiteContext) async throws -> Response {
        guard let response = resources.assets.response(for: request.uri.path.dropFirst("/assets/".count), to: request)
        else { throw Problem.notFound("There is no such file.") }
        return response
    }
}
