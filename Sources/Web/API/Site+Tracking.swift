import Foundation
import HTTPTypes
import Hummingbird
import OCI
import ServiceLifecycle
import Store

extension Site {
    /// How a wish to track a tag ended.
    enum TrackingOutcome {
        case alreadyTracked(TrackedTag)
        case seen
        /// No answer in time, or the check failed: it will be tried again.
        case notSeenYet
    }

    /// Tracks a tag and waits for its first check, for the API and for the form alike.
    /// - Throws: ``Problem`` 401, 403, 404, 422 or 429.
    func track(
        _ reference: TagReference, for request: Request, _ context: SiteContext
    ) async throws -> TrackingOutcome {
        if !settings.publicTracking { try await requireToken(request, to: "to add a tag on this site") }
        if let tag = try await store.tag(reference), tag.state != .untracked { return .alreadyTracked(tag) }
        if let refusal = settings.refusal(reference.registry) {
            throw Problem.unacceptable("\(reference.registry) is not asked: \(refusal)")
        }
        try await requireBudget(request, context)
        try await requireRoom(for: 1)
        let origin: TagOrigin = try await isTrusted(request) ? .operator : .visitor
        try await store.track([reference], origin: origin, at: clock())
        guard let check = try await store.requestCheck(of: reference, at: clock()),
            let report = try await outcome(of: check)
        else { return .notSeenYet }
        switch report.outcome {
        case .unchanged, .changed: return .seen
        case .failed:
            // A visitor's that was never seen is gone; any other may come, or get a login.
            guard report.isRefusal, try await store.state(of: reference) == nil else { return .notSeenYet }
        case .missing:
            // A visitor's that was never seen is gone already; one with a history is left as it was before.
            if try await store.untrack(reference) { try await store.forgetUnseen(reference) }
        }
        throw Problem.notFound(
            "\(reference.registry) has no \(reference.repository.path):\(reference.tag), "
                + "or does not show it without a login.")
    }

    /// - Throws: 403 where so many more tags would be too many for this site.
    func requireRoom(for count: Int) async throws {
        let room = settings.maxTracked - (try await store.trackedCount())
        guard room < count else { return }
        throw Problem(
            .forbidden,
            (room <= 0
                ? "This site already tracks its limit of \(settings.maxTracked) tags. "
                : "This site tracks \(settings.maxTracked) tags at most, of which \(room) are left. ")
                + "Its operator can raise TAGBEAT_MAX_TRACKED.")
    }

    /// Waits for a check, but not for ever, and not while the site shuts down.
    /// - Returns: nil where it has not ended yet.
    func outcome(of check: CheckRequest) async throws -> CheckReport? {
        try await withoutWaitingAtTheEnd { try await store.outcome(of: check, within: settings.checkPatience) }
    }

    /// - Returns: nil where the site shuts down meanwhile.
    func withoutWaitingAtTheEnd<Value: Sendable>(
        _ body: @Sendable @escaping () async throws -> Value?
    ) async throws -> Value? {
        do {
            return try await cancelWhenGracefulShutdown(body)
        } catch is CancellationError where !Task.isCancelled {
            return nil
        }
    }

    static func reference(from text: String) throws(Problem) -> TagReference {
        do {
            return try TagReference(parsing: text)
        } catch {
            throw .unacceptable(error.description)
        }
    }

    static func notTracked(_ reference: TagReference) -> Problem {
        .notFound(
            "\(reference) is not tracked. POST {\"image\":\"\(reference.familiar)\"} to /api/v1/tags to track it.")
    }

    /// `{"image":"python:3.12"}`; other members are left alone.
    static func image(inJSON text: String, contentType: String?) throws(Problem) -> TagReference {
        let form = "Send {\"image\":\"python:3.12\"} as application/json."
        let object: Any
        do {
            object = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        } catch {
            let type = contentType?.lowercased() ?? ""
            if type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/") {
                throw Problem(.unsupportedMediaType, "The body is a form, not JSON. \(form)")
            }
            throw .badRequest("The body is not JSON. \(form)")
        }
        guard let members = object as? [String: Any] else { throw .unacceptable("The body is no object. \(form)") }
        guard let image = members["image"] else { throw .unacceptable("The body has no \"image\". \(form)") }
        guard let image = image as? String else { throw .unacceptable("\"image\" is not a string. \(form)") }
        return try reference(from: image)
    }
}
