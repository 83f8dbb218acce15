import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    func listTags(_ request: Request, _ context: SiteContext) async throws -> Response {
        let query = try Query(request.uri.query).tags()
        let page = try await store.tags(query)
        return try await answer(request, about: page.items, [page.next ?? ""]) {
            let items = try await tagsJSON(try await store.records(of: page.items), asOf: clock())
            return json(ListJSON(items: items, next: page.next))
        }
    }

    func showTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try apiReference(request, "tags")
        let query = try Query(request.uri.query)
        let time = try query.past(before: clock())
        let platform = try query.platform()
        return try await answer(request, context, about: reference) { tag in
            let (history, firstSeenAt) = try await history(of: tag, platform: platform)
            let record = TagRecord(tag, history: history, firstSeenAt: firstSeenAt)
            let statistics = try await store.statistics(of: record, asOf: time ?? clock())
            // The tag as a whole, whatever platform the statistics are of.
            let known = platform == nil ? record.asOf(time).tag : try await store.known(tag, asOf: time)
            return json(TagJSON(known, statistics: statistics))
        }
    }

    func addTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        if try await !isTrusted(request) { try requireSameSite(request, context) }
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
            try await tagsJSON([TagRecord(tag, history: history)], asOf: clock())[0], status: status,
            headers: [.location: Href.api("tags", reference)])
    }

    func removeTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        try await requireToken(request, to: "to stop tracking a tag")
        let reference = try apiReference(request, "tags")
        guard try await store.untrack(reference) else { throw Self.notTracked(reference) }
        return Response(status: .noContent)
    }

    func checkTag(_ request: Request, _ context: SiteContext) async throws -> Response {
        if try await !isTrusted(request) { try requireSameSite(request, context) }
        let reference = try apiReference(request, "checks")
        try await requireBudget(request, context)
        guard let check = try await store.requestCheck(of: reference, at: clock()) else {
            throw Self.notTracked(reference)
        }
        let report = try await outcome(of: check)
        return json(CheckJSON(reference: reference, report: report), status: report == nil ? .accepted : .ok)
    }

    func tagsJSON(_ records: [TagRecord], asOf time: Timestamp) async throws -> [TagJSON] {
        let statistics = try await store.statistics(of: records, asOf: time)
        return zip(records, statistics).map { TagJSON($0.tag, statistics: $1) }
    }

    func apiReference(_ request: Request, _ list: String) throws(Problem) -> TagReference {
        try ReferencePath.reference(of: request.uri.path, after: "/api/v1/\(list)/")
    }

    /// The history of one platform, or of the tag as a whole where none is named.
    func history(
        of tag: TrackedTag, platform: Platform?
    ) async throws -> (history: [Change], firstSeenAt: Timestamp?) {
        let history = try await store.history(of: tag.id)
        guard let platform else { return (history, tag.firstSeenAt) }
        let rows = try await rows(of: platform, tag, history)
        return (rows, PlatformHistory.firstSeenAt(in: rows, of: tag.firstSeenAt))
    }

    /// - Throws: 422 where the tag has no such platform.
    func rows(of platform: Platform, _ tag: TrackedTag, _ history: [Change]) async throws -> [Change] {
        let images = try await store.platformImages(of: tag)
        guard !images.platforms.isEmpty else {
            throw Problem.unacceptable("The platforms of \(tag.reference) are not known yet.")
        }
        guard images.platforms.contains(platform) else {
            let names = images.platforms.map(\.description).joined(separator: ", ")
            throw Problem.unacceptable("\(tag.reference) has no image for \(platform); it has \(names).")
        }
        return PlatformHistory.rows(of: platform, in: history, images: images.images(of: platform))
    }

    func tagWithHistory(_ reference: TagReference) async throws -> (TrackedTag, [Change]) {
        guard let tag = try await store.tag(reference) else { throw Self.notTracked(reference) }
        return (tag, try await store.history(of: tag.id))
    }
}
