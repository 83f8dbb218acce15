import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import OCI
import Store

/// Which state of a tag an answer tells: it changes with the tag's history and state, with this program, and by the
/// minute, because ages and probabilities do. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
struct Revision: Hashable, Sendable {
    /// A weak ETag, compared without its W/: the same for every address that tells of the tag.
    let tag: String

    init(of tag: TrackedTag, version: String, at now: Timestamp) {
        let times = [tag.trackedSince, tag.firstSeenAt, tag.lastCheckedAt, tag.lastChangedAt, tag.lastPushedAt]
        let parts =
            [version, tag.reference.description, tag.state.name, tag.digest?.description ?? "", tag.lastError ?? ""]
            + times.map { $0.map { String($0.microseconds) } ?? "" } + [String(now.microseconds / 60_000_000)]
        let hash = SHA256.hash(data: Data(parts.joined(separator: "\n").utf8))
        self.tag = "\"\(Data(hash.prefix(9)).base64EncodedString())\""
    }

    /// Whether the client says that it has this.
    func isKnown(to request: Request) -> Bool {
        request.headers[values: .ifNoneMatch].contains { list in
            list.split(separator: ",").contains { item in
                let item = item.drop { $0 == " " }
                return item.hasPrefix(tag) || item.hasPrefix("W/" + tag) || item == "*"
            }
        }
    }
}

extension Site {
    /// Answers a question about a tag: 304 where the client has the answer already.
    /// - Throws: 404 where the tag is not tracked and never was, and what `make` throws.
    func answer(
        _ request: Request, _ context: SiteContext, about reference: TagReference, cacheControl: String = "no-cache",
        _ make: (TrackedTag) async throws -> Response
    ) async throws -> Response {
        guard let tag = try await viewed(reference, context) else { throw Self.notTracked(reference) }
        return try await answer(request, about: tag, cacheControl: cacheControl) { try await make(tag) }
    }

    func answer(
        _ request: Request, about tag: TrackedTag, cacheControl: String = "no-cache",
        _ make: () async throws -> Response
    ) async throws -> Response {
        let revision = Revision(of: tag, version: settings.version, at: clock())
        var response = revision.isKnown(to: request) ? Response(status: .notModified) : try await make()
        response.headers[.eTag] = "W/" + revision.tag
        response.headers[.cacheControl] = cacheControl
        return response
    }

    /// Seconds in which a view is not written down again.
    private static let viewsLast = 43_200.0

    /// The tag that somebody asks for. Looking keeps it from being retired, and wakes it where it was. That this could not
    /// be written down spoils no answer.
    /// - Returns: nil where it never was tracked.
    func viewed(_ reference: TagReference, _ context: SiteContext) async throws -> TrackedTag? {
        let now = clock()
        guard let tag = try await store.tag(reference) else { return nil }
        if tag.state != .untracked, let last = views[reference], now.seconds(since: last) < Self.viewsLast {
            return tag
        }
        do {
            if tag.state == .untracked {
                guard try await store.wake(reference, maxTracked: settings.maxTracked, at: now) else { return tag }
                return try await store.tag(reference)
            }
            try await store.noteViewed(reference, at: now)
            views[reference] = now
        } catch {
            context.logger.debug("a view was not recorded", metadata: ["error": "\(error)"])
        }
        return tag
    }
}
