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
        let model = OverviewPage(
            wanted, tags: page, histories: histories, status: try await status(), canTrack: settings.publicTracking,
            now: now)
        return html(model)
    }

    func tagPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try ReferencePath.reference(of: request.uri.path, after: "/tags/")
        let query = try Query(request.uri.query)
        let bucket = try query.bucket()
        let permissions = TagPage.Permissions(canTrack: settings.publicTracking)
        guard let tag = try await store.tag(reference) else {
            return html(TagPage(untracked: reference, permissions: permissions), status: .notFound)
        }
        let history = try await store.history(of: tag.id)
        let list = try await changeList(of: tag, history: history, cursor: query["cursor"])
        let now = clock()
        await noteViewed(reference, at: now, context)
        return html(
            TagPage(tag, history: history, list: list, bucket: bucket, permissions: permissions, now: now))
    }

    /// 20 changes, newest first. A short history needs no further statement.
    private func changeList(
        of tag: TrackedTag, history: [Change], cursor: String?
    ) async throws -> TagPage.ChangeList {
        let count = 20
        var list = TagPage.ChangeList(items: history.reversed())
        if cursor != nil || history.count > count {
            let page = try await store.changes(of: tag.reference, limit: count, cursor: cursor)
            list = .init(items: page.items.map(\.change), next: page.next, isContinued: cursor != nil)
        }
        list.facts = try await store.facts(of: list.items.compactMap(\.digest))
        return list
    }

    /// Looking keeps a tag from being retired. That it could not be written down spoils no answer.
    func noteViewed(_ reference: TagReference, at now: Timestamp, _ context: SiteContext) async {
        do {
            try await store.noteViewed(reference, at: now)
        } catch {
            context.logger.debug("a view was not recorded", metadata: ["error": "\(error)"])
        }
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
