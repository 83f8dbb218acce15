import Foundation
import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

/// A tag that a registry offers.
struct OfferedJSON: Encodable {
    let reference: TagReference
    let tag: String
    let tracked: Bool
    /// Null where it never was tracked.
    @OrNull var state: String?
}

struct OfferedListJSON: Encodable {
    let items: [OfferedJSON]
    @OrNull var next: String?
    @OrNull var listedAt: Timestamp?
    @OrNull var lastError: String?
}

extension Site {
    /// `/api/v1/repositories/{registry}/{repository}/tags`
    func listOffered(_ request: Request, _ context: SiteContext) async throws -> Response {
        let repository = try Self.offeredRepository(request.uri.path)
        let query = try Query(request.uri.query)
        let (limit, pattern) = (try query.limit(), try query.glob("query"))
        let offered = try await offeredTags(of: repository, for: request, context)
        let chosen = offered.tags.filter { pattern?.matches($0) ?? true }
        let start = try query.name("cursor").map { last in
            chosen.partitioningIndex { $0.name.utf8.lexicographicallyPrecedes(last.name.utf8) || $0 == last }
        }
        let rest = chosen.dropFirst(start ?? 0)
        let page = rest.prefix(limit).map { TagReference(repository: repository, tag: $0) }
        let states = Dictionary(
            try await store.tags(named: page).map { ($0.reference, $0.state) }, uniquingKeysWith: { $1 })
        let items = page.map { reference in
            let state = states[reference]
            return OfferedJSON(
                reference: reference, tag: reference.tag.name, tracked: state.map { $0 != .untracked } ?? false,
                state: state?.name)
        }
        return json(
            OfferedListJSON(
                items: items, next: rest.count > limit ? page.last?.tag.name : nil, listedAt: offered.listedAt,
                lastError: offered.failure), status: offered.listedAt == nil ? .accepted : .ok)
    }

    /// What a registry offers, as a worker listed it lately; asked for where none did.
    ///
    /// - Returns: without a listing where none came to its end in time.
    /// - Throws: ``Problem`` 404, 422, 429 or 503.
    func offeredTags(
        of repository: Repository, for request: Request, _ context: SiteContext
    ) async throws -> OfferedTags {
        if let refusal = settings.refusal(repository.registry) {
            throw Problem.unacceptable("\(repository.registry) is not asked: \(refusal)")
        }
        var offered = try await store.offeredTags(of: repository, at: clock())
        if offered == nil {
            try requireSameSite(request, context)
            try await requireBudget(request, context)
            offered = try await withoutWaitingAtTheEnd {
                try await store.askOfferedTags(of: repository, at: clock(), within: settings.checkPatience)
            }
        }
        guard let offered else {
            throw Problem.unavailable("Too many repositories are asked for at the moment.", after: 60)
        }
        guard !offered.isMissing else {
            throw Problem.notFound(
                "\(repository.registry) has no \(repository.path), or does not show it without a login.")
        }
        return offered
    }

    private static func offeredRepository(_ path: String) throws(Problem) -> Repository {
        let (prefix, suffix) = ("/api/v1/repositories/", "/tags")
        guard path.hasSuffix(suffix), path.utf8.count > prefix.utf8.count + suffix.utf8.count else {
            throw .notFound("There is /api/v1/repositories/docker.io/library/python/tags.")
        }
        guard let text = PercentCoding.decoded(path.dropFirst(prefix.count).dropLast(suffix.count)) else {
            throw .badRequest("The path is not UTF-8.")
        }
        do { return try Repository(parsing: text) } catch { throw .unacceptable(error.description) }
    }
}

extension Query {
    func glob(_ name: String) throws(Problem) -> TagPattern? {
        guard let text = self[name] else { return nil }
        do { return try TagPattern(glob: text) } catch { throw .unacceptable("\(name): \(error.description)") }
    }

    /// The last name of the page before.
    fileprivate func name(_ name: String) throws(Problem) -> Tag? {
        guard let text = self[name] else { return nil }
        guard let tag = try? Tag(parsing: text) else {
            throw .badRequest(Words.sentence(StoreError.invalidCursor.description))
        }
        return tag
    }
}

extension [Tag] {
    /// Where the elements end that come first.
    fileprivate func partitioningIndex(while isFirst: (Tag) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isFirst(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
