import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    func listTags(_ request: Request, _ context: SiteContext) async throws -> Response {
        let query = try Query(request.uri.query).tags()
        let page = try await store.tags(query)
        let histories = page.items.isEmpty ? [:] : try await store.histories(of: page.items.map(\.id))
        let now = clock()
        let items = page.items.map { TagJSON($0, history: histories[$0.id] ?? [], at: now) }
        return json(ListJSON(items: items, next: page.next))
    }

    func showTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try apiReference(request, "tags")
        let time = try Query(request.uri.query).time("at")
        let (tag, history) = try await tagWithHistory(reference)
        await noteViewed(reference, at: clock(), context)
        return json(TagJSON(tag, history: history, at: time ?? clock()))
    }

    func addTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        if !access.isAdmin(request) { try Access.requireSameSite(request, publicURL: settings.publicURL) }
        let body = try await RequestBodyText.read(request)
        let reference = try Self.image(inJSON: body, contentType: request.headers[.contentType])
        let status: HTTPResponse.Status =
            switch try await track(reference, for: request, context) {
            case .alreadyTracked: .ok
            case .seen: .created
            case .notSeenYet: .accepted
            }
        let (tag, history) = try await tagWithHistory(reference)
        return json(
            TagJSON(tag, history: history, at: clock()), status: status,
            headers: [.location: Href.api("tags", reference)])
    }

    func removeTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        try access.requireAdmin(request, to: "to stop tracking a tag")
        let reference = try apiReference(request, "tags")
        guard try await store.untrack(reference) else { throw Self.notTracked(reference) }
        return Response(status: .noContent)
    }

    func checkTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        if !access.isAdmin(request) { try Access.requireSameSite(request, publicURL: settings.publicURL) }
        let reference = try apiReference(request, "checks")
        try requireBudget(request, context)
        guard let check = try await store.requestCheck(of: reference, at: clock()) else {
            throw Self.notTracked(reference)
        }
        let report = try await outcome(of: check)
        return json(CheckJSON(reference: reference, report: report), status: report == nil ? .accepted : .ok)
    }

    func apiReference(_ request: Request, _ list: String) throws(Problem) -> TagReference {
        try ReferencePath.reference(of: request.uri.path, after: "/api/v1/\(list)/")
    }

    func tagWithHistory(_ reference: TagReference) async throws -> (TrackedTag, [Change]) {
        guard let tag = try await store.tag(reference) else { throw Self.notTracked(reference) }
        return (tag, try await store.history(of: tag.id))
    }
}
