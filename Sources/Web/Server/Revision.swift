import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI
import Store

/// Which state an answer tells of: of tags, it changes with their histories and states, with this program, and by the
/// minute, because ages and probabilities do. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
struct Revision: Hashable, Sendable {
    /// A weak ETag, compared without its W/: the same for every address that tells of the same tags alone.
    let tag: String

    /// - Parameter more: what else the answer shows.
    init(of tags: [TrackedTag], _ more: [String] = [], version: String, at now: Timestamp) {
        var bytes: [UInt8] = []
        for part in [version, String(now.microseconds / 60_000_000)] + more { bytes.append(part: part) }
        for tag in tags { bytes.append(tag) }
        self.init(SHA256.hash(data: bytes))
    }

    /// Of an answer that is made already: by its bytes.
    init(of content: ByteBuffer) { self.init(SHA256.hash(data: content.readableBytesView)) }

    /// Of an answer that bears its name.
    init?(named response: Response) {
        guard let tag = response.headers[.eTag] else { return nil }
        self.tag = String(tag.dropFirst(2))
    }

    private init(_ hash: SHA256Digest) { tag = "\"\(Data(hash.prefix(9)).base64EncodedString())\"" }

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

/// What is hashed, each part with where it ends, so that no two lists of parts are alike.
extension [UInt8] {
    fileprivate mutating func append(part: String) {
        append(contentsOf: part.utf8)
        append(UInt8(ascii: "\n"))
    }

    fileprivate mutating func append(_ tag: TrackedTag) {
        append(part: tag.reference.description)
        append(part: tag.state.name)
        let digest = tag.digest?.bytes ?? []
        append(UInt8(digest.count))
        append(contentsOf: digest)
        append(part: tag.lastError ?? "")
        let times = [
            tag.trackedSince, tag.firstSeenAt, tag.lastCheckedAt, tag.lastSucceededAt, tag.lastChangedAt,
            tag.lastPushedAt,
        ]
        for time in times {
            Swift.withUnsafeBytes(of: time?.microseconds ?? .min) { append(contentsOf: $0) }
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
        guard let tag = try await viewed(reference, context).tag else { throw Self.notTracked(reference) }
        return try await answer(request, about: tag, cacheControl: cacheControl) { try await make(tag) }
    }

    func answer(
        _ request: Request, about tag: TrackedTag, cacheControl: String = "no-cache",
        _ make: () async throws -> Response
    ) async throws -> Response {
        try await answer(request, about: [tag], cacheControl: cacheControl, make)
    }

    /// Answers a question about several tags: 304 where the client has the answer already.
    /// - Parameter more: what else the answer shows.
    func answer(
        _ request: Request, about tags: [TrackedTag], _ more: [String] = [], cacheControl: String = "no-cache",
        _ make: () async throws -> Response
    ) async throws -> Response {
        let revision = Revision(of: tags, more, version: settings.version, at: clock())
        var response = revision.isKnown(to: request) ? Response(status: .notModified) : try await make()
        // An error's page, or the way to another address, is not what the client shall keep.
        guard [.ok, .notModified].contains(response.status) else { return response }
        response.headers[.eTag] = "W/" + revision.tag
        response.headers[.cacheControl] = cacheControl
        return response
    }

    /// The tag that somebody asks for. Looking keeps it from being retired, and wakes it where it was. That it could not be
    /// woken spoils no answer.
    /// - Returns: nil where it never was tracked, and what it was before it was woken.
    func viewed(
        _ reference: TagReference, _ context: SiteContext
    ) async throws -> (tag: TrackedTag?, asleep: TrackedTag?) {
        guard let tag = try await store.tag(reference) else { return (nil, nil) }
        let now = clock()
        guard tag.state == .untracked else {
            views.note([tag], at: now)
            return (tag, nil)
        }
        do {
            guard try await store.wake(reference, maxTracked: settings.maxTracked, at: now) else {
                return (tag, nil)
            }
            return (try await store.tag(reference), tag)
        } catch {
            context.logger.debug("a tag was not woken", metadata: ["error": "\(error)"])
            return (tag, nil)
        }
    }
}
