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
    ///   - isOperators: the operator's environment names this address, so it may be private; else it is a public one.
    ///   - limit: bytes of the answer.
    func ask(
        _ method: HTTPMethod, _ url: RemoteURL, isOperators: Bool, headers: [(String, String)] = [],
        body: String? = nil, limit: Int = answerLimit, isUrgent: Bool = false, purpose: RequestPurpose = .token
    ) async throws(CheckFailure) -> HTTPAnswer {
        // Without redirects: what is shown here is shown to nobody else.
        try await transport.send(
            HTTPQuestion(
                method: method, url: url, headers: HTTPHeaders([("User-Agent", userAgent)] + headers),
                body: body.map { ByteBuffer(string: $0) }, bodyLimit: limit,
                trust: isOperators ? .operators : .guarded, isUrgent: isUrgent, purpose: purpose))
    }

    /// A form by POST, answered by JSON.
    func post(
        _ fields: [(String, String)], to url: RemoteURL, isOperators: Bool
    ) async throws(CheckFailure) -> HTTPAnswer {
        try await ask(
            .POST, url, isOperators: isOperators,
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: FormFields.text(fields))
    }
}

/// A place that the operator's environment or files name, or a public one that is well known.
struct CloudPlace: Hashable, Sendable {
    let url: RemoteURL
    let isOperators: Bool

    /// A public place, which only its text here decides.
    static func wellKnown(_ host: String, _ target: String = "/") -> CloudPlace {
        CloudPlace(
            url: RemoteURL(origin: Origin(scheme: .https, host: host, port: 443), target: target), isOperators: false)
    }

    /// - Parameter mayBePlain: plain HTTP is good for what answers on this machine's own network without secrets; a
    ///   place that is shown secrets is asked by HTTPS, or on loopback.
    /// - Throws: `configuration`, naming the setting and not its value.
    static func named(_ text: String, by setting: String, mayBePlain: Bool = false) throws(CheckFailure) -> CloudPlace {
        guard let url = RemoteURL(parsing: text) else {
            throw CheckFailure(.configuration, "\(setting) is not a URL such as https://host[:port]")
        }
        guard url.origin.scheme == .https || mayBePlain || PrivateRegistries.isLoopback(url.origin.host) else {
            throw CheckFailure(.configuration, "\(setting) is not an https URL")
        }
        return CloudPlace(url: url, isOperators: true)
    }

    func appending(_ path: String) -> CloudPlace {
        var base = url.target[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        return CloudPlace(url: RemoteURL(origin: url.origin, target: base + path), isOperators: isOperators)
    }
}
