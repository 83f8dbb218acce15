import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    /// `/`: the first screen; with images in the address, those.
    func overviewPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let images = try Query.images(in: request.uri.query)
        if !images.isEmpty { return try await imagesPage(NamedImages(images), request) }
        let query = try Query(request.uri.query)
        var wanted = try query.tags(defaultLimit: 15)
        if query["sort"] == nil { (wanted.sort, wanted.descending) = (.lastChanged, true) }
        wanted.isBrief = true
        let now = clock()
        let reference = wanted.text.isEmpty ? nil : try? TagReference(parsing: wanted.text)
        let page = try await store.tags(wanted)
        // A word that finds tags is not meant for an image's name.
        let isName = page.items.isEmpty || wanted.text.contains { ":/".contains($0) }
        let isKnown = if isName, let reference { try await isTracked(reference, in: page.items) } else { false }
        // Written otherwise than it is kept, as docker.io/python:3.12.
        if page.items.isEmpty, isKnown, let reference, query["part"] == nil {
            return Response(status: .seeOther, headers: [.location: Href.tag(reference)])
        }
        let status = try await statusAtHand()
        let offer = isKnown || !isName || !settings.publicTracking ? nil : reference
        // What the script asks for as one types is the list alone.
        let isWhole = query["part"] != "tags"
        let lately =
            isWhole && wanted.isPlain
            ? OverviewPage.Lately(
                moved: try await moved.value(at: now), stopped: try await stopped.value(at: now), now: now) : nil
        return try await answer(
            request, about: page.items,
            [page.next ?? "", offer?.familiar ?? ""] + (status?.shown ?? []) + (lately?.shown ?? [])
        ) {
            // What is kept is last night's word; the row says today's.
            let rows = try await rows(page.items, at: now).filter { wanted.rhythm == nil || $0.rhythm == wanted.rhythm }
            let list = TagListPage(
                wanted, rows: rows, next: page.next, offer: offer, status: status,
                now: now)
            guard isWhole else { return html(list) }
            return html(OverviewPage(list, hero: hero, lately: lately, status: status))
        }
    }

    /// - Parameter found: what the page shows: often it is among them.
    private func isTracked(_ reference: TagReference, in found: [TrackedTag]) async throws -> Bool {
        let shown = found.first { $0.reference == reference }?.state
        let state = if let shown { shown } else { try await store.state(of: reference) }
        return state.map { $0 != .untracked } ?? false
    }

    /// What was pasted into the box.
    func readBox(_ request: Request, _ context: SiteContext) async throws -> Response {
        try await requireBudget(request, context)
        if request.headers[.contentType]?.lowercased().hasPrefix("multipart/") == true {
            throw Problem(
                .unsupportedMediaType, "Send the text as a form does: text=…, as application/x-www-form-urlencoded.")
        }
        let text = try await pastedText(request)
        let pasted: PastedImages
        do {
            pasted = try PastedImages(text: text)
        } catch {
            var problem = Problem.unacceptable(error.description)
            switch error {
            case .tooLong: problem = Problem(.contentTooLarge, error.description)
            case .tooComplex: problem.text = text
            case .binary: break
            }
            throw problem
        }
        guard !pasted.images.isEmpty else {
            var problem = Problem.unacceptable(
                "No image is named in it. Paste a Dockerfile, a compose file, or names such as python:3.12-slim.")
            problem.text = text
            throw problem
        }
        if pasted.kind == .names, pasted.images.count == 1, let tag = pasted.images[0].tag,
            pasted.images[0].pinned == nil
        {
            return Response(status: .seeOther, headers: [.location: Href.tag(tag)])
        }
        return try await imagesPage(NamedImages(pasted, text: text))
    }

    /// The form's field. What is too long is read to its end and forgotten: a browser that is still sending would show
    /// a broken connection instead of our answer.
    private func pastedText(_ request: Request) async throws -> String {
        var body: [UInt8] = []
        var length = 0
        // Every character may be written as three.
        let limit = 3 * PastedImages.maximumBytes + 1_024
        for try await part in request.body {
            length += part.readableBytes
            if length <= limit { body.append(contentsOf: part.readableBytesView) }
            if length > 64 << 20 { break }
        }
        guard length <= limit else {
            throw Problem(.contentTooLarge, PastedTextError.tooLong(bytes: nil).description)
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw Problem.badRequest("The form is not UTF-8.")
        }
        do { return try Query(text)["text"] ?? "" } catch {
            throw Problem.unacceptable(PastedTextError.binary(line: 1).description)
        }
    }
}
