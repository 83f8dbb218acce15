import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    /// What stands on a page for whoever wants more of a repository's tags watched: a field, and below it what the
    /// registry offers where `?offered=GLOB` asks for that.
    ///
    /// - Parameter tags: of the repository.
    /// - Returns: nil where visitors track nothing.
    func offeredPart(
        of repository: Repository, tags: [RepositoryTag], on page: String, from reference: TagReference? = nil,
        for request: Request, _ query: Query, _ context: SiteContext
    ) async throws -> OfferedPart? {
        guard settings.publicTracking else { return nil }
        var part = OfferedPart(of: repository, on: page, from: reference)
        guard query.has("offered") else { return part }
        do {
            part.glob = try query.text("offered", limit: 1_000)
            let pattern = try query.glob("offered")
            let offered = try await offeredTags(of: repository, for: request, context)
            part.show(
                offered, matching: pattern, after: query["offeredAfter"].flatMap { try? Tag(parsing: $0) },
                tracked: Set(tags.lazy.filter { $0.state != .untracked }.map(\.reference.tag)), of: repository,
                now: clock())
        } catch let problem as Problem {
            part.notice = Notice(style: "warn", heading: "There is no list.", text: problem.detail)
        }
        return part
    }

    /// Where a form that was sent from there leads back to.
    func offeredHref(of repository: Repository, in form: Query) throws(Problem) -> String {
        let reference = try form["from"].map { name throws(Problem) in try Self.reference(from: name) }
        var part = OfferedPart(
            of: repository, on: reference.map(Href.tag) ?? Href.repository(repository), from: reference)
        part.glob = form["offered"] ?? ""
        return part.href(after: form["offeredAfter"])
    }

    /// Tracks tags of one repository. Those that the registry was just seen to offer need no first check to be waited for.
    ///
    /// - Throws: ``Problem`` 401, 403, 404, 422 or 429; then none that was seen to be offered is tracked.
    func track(
        _ references: [TagReference], of repository: Repository, for request: Request, _ context: SiteContext
    ) async throws {
        try Self.requireFew(references)
        if !settings.publicTracking { try await requireToken(request, to: "to add a tag on this site") }
        if let refusal = settings.refusal(repository.registry) {
            throw Problem.unacceptable("\(repository.registry) is not asked: \(refusal)")
        }
        let known = Set(
            try await store.tags(named: references).lazy.filter { $0.state != .untracked }.map(\.reference))
        let offered = Set(try await store.offeredTags(of: repository, at: clock())?.tags ?? [])
        let wanted = Set(references).subtracting(known)
        let seen = wanted.filter { offered.contains($0.tag) }
        if !seen.isEmpty {
            try await requireBudget(request, context, count: seen.count)
            try await requireRoom(for: seen.count)
            let origin: TagOrigin = try await isTrusted(request) ? .operator : .visitor
            try await store.track(seen.sorted(), origin: origin, at: clock())
        }
        let unseen = wanted.subtracting(seen)
        guard !unseen.isEmpty else { return }
        // As of several whose checks are waited for: those that cannot be tracked are left out.
        do { try await track(unseen.sorted(), for: request, context) } catch let problem as Problem {
            guard !seen.isEmpty, [.notFound, .unprocessableContent].contains(problem.status) else { throw problem }
        }
    }
}
