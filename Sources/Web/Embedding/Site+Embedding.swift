import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Store
import TagHistory

// What stands on other people's pages and in their readers.
extension Site {
    /// What is shown elsewhere may be five minutes old.
    private static let embedded = "public, max-age=300"

    func badge(_ request: Request, _ context: SiteContext) async throws -> Response {
        let parts = request.uri.path.split(separator: "/", maxSplits: 2)
        guard parts.count == 3, let badge = TagBadge(rawValue: String(parts[1])) else {
            let kinds = TagBadge.allCases.map { "/badges/\($0.rawValue)/IMAGE.svg" }.joined(separator: ", ")
            throw Problem.notFound("There are the badges \(kinds).")
        }
        let reference = try Self.reference(in: request, after: "/badges/\(badge.rawValue)/", ending: ".svg")
        let now = clock()
        guard let tag = try await viewed(reference, context).tag else {
            // Who shows a badge of an image that nobody watches shall see so, not a broken picture.
            return Self.svg(badge.drawing(.unknown, statistics: nil, lastChangedAt: nil, now: now).svg)
        }
        return try await answer(request, about: tag, cacheControl: Self.embedded) {
            let record = TagRecord(tag, history: try await store.history(of: tag.id))
            let drawing = badge.drawing(
                TagBadge.Standing(tag.state), statistics: try await store.statistics(of: record, asOf: now),
                lastChangedAt: tag.lastChangedAt, gap: record.pulse.gap(before: tag.lastChangedAt), now: now)
            return Self.svg(drawing.svg)
        }
    }

    func feed(_ request: Request, _ context: SiteContext) async throws -> Response {
        if request.uri.path.hasPrefix("/feeds/repositories/") { return try await repositoryFeed(request, context) }
        let reference = try Self.reference(in: request, after: "/feeds/", ending: ".atom")
        return try await answer(request, context, about: reference, cacheControl: Self.embedded) { tag in
            let page = try await store.changes(of: reference, limit: AtomFeed.most, cursor: nil)
            return Self.atom(
                AtomFeed(
                    tag: reference, changes: page.items.map(\.change), since: tag.trackedSince,
                    publicURL: origin(of: request, context)))
        }
    }

    /// The newest changes of all tags of a repository.
    private func repositoryFeed(_ request: Request, _ context: SiteContext) async throws -> Response {
        let path = request.uri.path
        guard path.hasSuffix(".atom") else { throw Problem.notFound("The address of it ends with .atom.") }
        let repository = try ReferencePath.repository(
            of: String(path.dropLast(".atom".count)), after: "/feeds/repositories/")
        let changes = try await store.changes(in: repository, limit: AtomFeed.most)
        if changes.isEmpty, try await store.tags(in: repository, limit: 1).isEmpty {
            throw Problem.notFound("No tag of \(repository) is tracked.")
        }
        let feed = AtomFeed(
            repository: repository, entries: changes.map { AtomFeed.Entry($0.reference, $0.change) }, since: clock(),
            publicURL: origin(of: request, context))
        return Self.atom(feed)
    }

    private static func atom(_ feed: AtomFeed) -> Response {
        Response(
            status: .ok, headers: [.contentType: AtomFeed.mediaType, .cacheControl: Self.embedded],
            body: .init(byteBuffer: ByteBuffer(string: feed.document)))
    }

    /// The strip of a tag's whole history.
    func chart(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try Self.reference(in: request, after: "/charts/", ending: ".svg")
        let width = try Query(request.uri.query).width()
        let now = clock()
        return try await answer(request, context, about: reference, cacheControl: Self.embedded) { tag in
            let history = try await store.history(of: tag.id)
            let strip = Strip(
                history: history, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt,
                trackedSince: tag.trackedSince, now: now,
                axis: .history(from: history.first?.observedAt ?? tag.firstSeenAt, to: now, width: width))
            let drawing = StripDrawing(history: strip, id: "strip", title: "Updates of \(reference.familiar)")
            var response = Self.svg(drawing.document)
            // Its colours stand in it, because nobody knows where it will stand.
            response.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'"
            return response
        }
    }

    private static func svg(_ text: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "image/svg+xml; charset=utf-8", .cacheControl: Self.embedded],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func reference(
        in request: Request, after prefix: String, ending: String
    ) throws(Problem) -> TagReference {
        let path = request.uri.path
        guard path.hasSuffix(ending) else { throw .notFound("The address of it ends with \(ending).") }
        return try ReferencePath.reference(of: String(path.dropLast(ending.count)), after: prefix)
    }

    /// Where people reach this site, without a slash at the end: TAGBEAT_PUBLIC_URL, or where this visitor does, as a
    /// trusted proxy says.
    func origin(of request: Request, _ context: SiteContext) -> String {
        if let url = settings.publicURL { return url.hasSuffix("/") ? String(url.dropLast()) : url }
        let told = addresses.origin(of: context.peer, headers: request.headers)
        return (told.scheme == "https" ? "https://" : "http://") + (Self.host(of: request, told) ?? "localhost")
    }

    /// - Throws: 403 for what a page of another site made a browser send.
    func requireSameSite(_ request: Request, _ context: SiteContext) throws(Problem) {
        let host =
            settings.publicURL == nil
            ? Self.host(of: request, addresses.origin(of: context.peer, headers: request.headers))
            : origin(of: request, context).components(separatedBy: "://").last
        try Access.requireSameSite(request, host: host)
    }

    /// Nil where it is none.
    private static func host(of request: Request, _ told: ClientAddress.Origin) -> String? {
        guard let host = told.host ?? request.head.authority, !host.isEmpty else { return nil }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "-._:[]".utf8.contains(byte)
            }
        }
        return isPlain ? host : nil
    }
}

extension TagBadge.Standing {
    init(_ state: TagState?) {
        self =
            switch state {
            case nil: .unknown
            case .pending: .pending
            case .active: .active
            case .missing: .missing
            case .failing: .failing
            case .untracked: .retired
            }
    }
}
