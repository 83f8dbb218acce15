import HTTPTypes
import Hummingbird
import OCI
import Store

// What pages do without a script: forms that answer with a page, or send the browser on to one.

extension Site {
    /// The buttons "Track this tag" and "Track them".
    ///
    /// `image`: one or several images, and `list`: those that the visitor goes on to look at. `repository` and `tags`: several tags of one repository; with `all`, those of `shown`.
    func trackForm(_ request: Request, _ context: SiteContext) async throws -> Response {
        try requireSameSite(request, context)
        let body = try await RequestBodyText.read(request)
        let form = try Query(body)
        if let name = form["repository"] {
            let repository: Repository
            do { repository = try Repository(parsing: name) } catch { throw Problem.unacceptable(error.description) }
            let chosen = try form["all"] == nil ? Query.all("tags", in: body) : [form["shown"] ?? ""]
            let references = try Self.references(in: repository, tags: chosen.joined(separator: " "))
            try await track(references, of: repository, for: request, context)
            let target =
                form.has("offered")
                ? try offeredHref(of: repository, in: form)
                : references.count == 1 ? Href.tag(references[0]) : Href.repository(repository)
            return Response(status: .seeOther, headers: [.location: target])
        }
        let references = try Query.all("image", in: body).map { try Self.reference(from: $0) }
        guard let first = references.first else { throw Problem.unacceptable("No image is named.") }
        // The list from which they were chosen, written anew: what an address bears is not sent back as it is.
        let list = try Query.all("image", in: form["list"])
        let images = list.isEmpty ? references.map(\.familiar) : list
        let problems = try await problems(of: references, for: request, context)
        // A list says which of its images no registry has, and which were left out for another reason where some were not.
        let absent = problems.filter { $0.value.status == .notFound }.keys
        if images.count == 1 || (absent.isEmpty && problems.count == Set(references).count),
            var problem = references.lazy.compactMap({ problems[$0] }).first
        {
            problem.text = images.joined(separator: "\n")
            throw problem
        }
        guard images.count > 1 else { return Response(status: .seeOther, headers: [.location: Href.tag(first)]) }
        let left = Set(problems.keys).subtracting(absent)
        let fields = [("refused", Set(absent)), ("left", left)].flatMap { field, references in
            references.map(\.familiar).sorted().map { "&\(field)=" + PercentCoding.encoded($0) }
        }
        return Response(status: .seeOther, headers: [.location: Href.images(images) + fields.joined()])
    }

    /// The button "Check now".
    func checkForm(_ request: Request, _ context: SiteContext) async throws -> Response {
        try requireSameSite(request, context)
        let reference = try ReferencePath.reference(of: request.uri.path, after: "/checks/")
        try await requireBudget(request, context)
        let now = clock()
        guard let check = try await store.requestCheck(of: reference, at: now) else {
            throw Self.notTracked(reference)
        }
        let outcome = try await outcome(of: check)?.outcome.name
        let target = Href.address(Href.tag(reference), ["checked": outcome ?? "waiting", "since": now.description])
        return Response(status: .seeOther, headers: [.location: target])
    }

    /// How many tags one press tracks at most.
    static let mostAtOnce = 50

    static func requireFew(_ references: [TagReference]) throws(Problem) {
        guard references.count > mostAtOnce else { return }
        throw .unacceptable("\(references.count) tags are named; at most \(mostAtOnce) are tracked at once.")
    }

    /// Names of tags, set apart by white space or commas.
    private static func references(in repository: Repository, tags text: String) throws(Problem) -> [TagReference] {
        var references: [TagReference] = []
        for name in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            do {
                references.append(TagReference(repository: repository, tag: try Tag(parsing: name)))
            } catch { throw .unacceptable(error.description) }
        }
        guard !references.isEmpty else {
            throw .unacceptable("No tag is chosen. Choose or write one or several, as 3.13 3.13-slim.")
        }
        return references
    }

    /// Tracks one tag or several, and waits for their first checks side by side.
    ///
    /// - Throws: ``Problem``: for one tag whatever is wrong with it; of several, those that cannot be tracked are left
    ///   out, and only where none can is the first reason told.
    func track(_ references: [TagReference], for request: Request, _ context: SiteContext) async throws {
        let problems = try await problems(of: references, for: request, context)
        if let problem = problems.values.first, problems.count == Set(references).count { throw problem }
    }

    /// Tracks them, and tells of those that cannot be.
    private func problems(
        of references: [TagReference], for request: Request, _ context: SiteContext
    ) async throws -> [TagReference: Problem] {
        try Self.requireFew(references)
        return try await withThrowingTaskGroup(of: (TagReference, Problem)?.self) { group in
            for reference in Set(references) {
                group.addTask {
                    do {
                        _ = try await track(reference, for: request, context)
                        return nil
                    } catch let problem as Problem { return (reference, problem) }
                }
            }
            var problems: [TagReference: Problem] = [:]
            for try await case let (reference, problem)? in group { problems[reference] = problem }
            return problems
        }
    }
}
