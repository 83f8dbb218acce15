import NIOCore
import NIOHTTP1
import OCI

/// The way to a cloud's own services: logins, signed APIs, metadata. No name that somebody typed leads through it.
struct CloudDoor: Sendable {
    let transport: Transport
    let userAgent: String
    let now: @Sendable () -> Timestamp

    static let answerLimit = 256 * 1_024

    /// - Parameters:
    ///   - registry: on whose behalf; its requests are counted so.
    ///   - isOperators: the operator's environment names this address, so it may be private; else it is a public one.
    ///   - limit: bytes of the answer.
    func ask(
        _ method: HTTPMethod, _ url: RemoteURL, for registry: Registry, isOperators: Bool,
        headers: [(String, String)] = [], body: String? = nil, limit: Int = answerLimit, isUrgent: Bool = false,
        purpose: RequestPurpose = .token
    ) async throws(CheckFailure) -> HTTPAnswer {
        // Without redirects: what is shown here is shown to nobody else.
        try await transport.send(
            HTTPQuestion(
                method: method, url: url, headers: HTTPHeaders([("User-Agent", userAgent)] + headers),
                body: body.map { ByteBuffer(string: $0) }, bodyLimit: limit,
                trust: isOperators ? .operators : .guarded, isUrgent: isUrgent, purpose: purpose,
                registry: registry))
    }

    /// A form by POST, answered by JSON.
    func post(
        _ fields: [(String, String)], to url: RemoteURL, for registry: Registry, isOperators: Bool
    ) async throws(CheckFailure) -> HTTPAnswer {
        try await ask(
            .POST, url, for: registry, isOperators: isOperators,
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: FormFields.text(fields))
    }
}
