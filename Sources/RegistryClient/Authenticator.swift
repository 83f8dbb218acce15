import NIOCore
import NIOHTTP1
import OCI
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What one registry wants to be shown, learnt from its own challenges, and shown to nobody else.
/// https://distribution.github.io/distribution/spec/auth/token/
final class Authenticator: Sendable {
    private enum Mode: Sendable {
        /// Nothing was asked for so far.
        case open
        case basic(Secret)
        case bearer(Realm)
    }

    private struct Realm: Hashable, Sendable {
        let url: RemoteURL
        let service: String?
    }

    private struct State {
        var mode = Mode.open
        var tokens = TokenCache()
        /// Scopes that a challenge named and that are not the usual ones.
        var scopes: [String: String] = [:]
    }

    private let registry: Registry
    private let settings: Credentials?
    private let store: CredentialStore
    private let transport: Transport
    private let trust: Trust
    private let userAgent: String
    private let tokenLimit: Int
    private let time: TimeSource
    private let state = Mutex(State())
    private let inFlight = InFlight<String, Result<Secret, CheckFailure>>()

    init(
        registry: Registry, settings: Credentials?, configuration: RegistryConfiguration, trust: Trust,
        transport: Transport, time: TimeSource
    ) {
        self.registry = registry
        self.settings = settings
        self.transport = transport
        self.trust = trust
        self.time = time
        store = configuration.credentials
        userAgent = configuration.userAgent
        tokenLimit = configuration.limits.token
    }

    /// What to show with the first try: nothing until the registry has asked; then a token for this repository too,
    /// which spares the request that would only be refused.
    func header(for path: String, isUrgent: Bool) async throws(CheckFailure) -> Secret? {
        let now = time.now()
        let (known, realm, scope) = state.withLock { state -> (Secret?, Realm?, String) in
            switch state.mode {
            case .open: return (nil, nil, "")
            case .basic(let header): return (header, nil, "")
            case .bearer(let realm):
                let scope = state.scopes[path] ?? Self.usualScope(path)
                return (state.tokens.header(for: scope, at: now), realm, scope)
            }
        }
        guard known == nil, let realm else { return known }
        do throws(CheckFailure) {
            return try await token(realm, scope, isUrgent: isUrgent)
        } catch {
            // What was learnt may be out of date, or good for another repository only: ask without, and learn anew.
            if error.code == .cancelled { throw error }
            return nil
        }
    }

    /// What to show with the second try, after the registry refused the first.
    ///
    /// - Parameter rejected: what was shown with the first try.
    /// - Throws: `unauthorized` where there is nothing else to show.
    func header(
        answering challenges: [Challenge], for path: String, rejected: Secret?, isUrgent: Bool
    ) async throws(CheckFailure) -> Secret {
        let bearer = challenges.first { $0.scheme == "bearer" && $0.parameters["realm"] != nil }
        if let bearer, let realm = bearer.parameters["realm"].flatMap({ RemoteURL(parsing: $0) }) {
            let scope = bearer.parameters["scope"].flatMap { $0.isEmpty ? nil : $0 } ?? Self.usualScope(path)
            let realm = Realm(url: realm, service: bearer.parameters["service"])
            let now = time.now()
            let known = state.withLock { state -> Secret? in
                if scope == Self.usualScope(path) {
                    state.scopes[path] = nil
                } else {
                    if state.scopes.count >= 1_000 { state.scopes.removeAll() }
                    state.scopes[path] = scope
                }
                if let rejected { state.tokens.drop(rejected, for: scope) }
                return state.tokens.header(for: scope, at: now)
            }
            if let known { return known }
            let token = try await token(realm, scope, isUrgent: isUrgent)
            // Only a realm that gives tokens is asked beforehand for other repositories.
            state.withLock { $0.mode = .bearer(realm) }
            return token
        }
        if challenges.contains(where: { $0.scheme == "basic" }) { return try await basic(rejected: rejected) }
        if bearer != nil { throw CheckFailure(.badAnswer, "\(registry) names a token service that is no valid URL") }
        throw CheckFailure(.unauthorized, "\(registry) refuses access and does not say what it wants to be shown")
    }

    private func basic(rejected: Secret?) async throws(CheckFailure) -> Secret {
        guard case .password(let username, let password)? = try await credentials() else {
            throw CheckFailure(.unauthorized, "\(registry) wants a username and password, and none are set for it")
        }
        let header = Self.basic(username, password)
        guard header != rejected else {
            throw CheckFailure(.unauthorized, "\(registry) refused the username and password that are set for it")
        }
        state.withLock { $0.mode = .basic(header) }
        return header
    }

    private func credentials() async throws(CheckFailure) -> Credentials? {
        if let settings { return settings }
        do {
            return try await store.credentials(for: registry)
        } catch {
            // The error may come from a program's output: not shown.
            throw CheckFailure(.configuration, "the credentials for \(registry) could not be read")
        }
    }

    // MARK: Tokens

    /// One request under way per scope; who asks meanwhile gets the same token.
    private func token(_ realm: Realm, _ scope: String, isUrgent: Bool) async throws(CheckFailure) -> Secret {
        let result = await inFlight.value(for: scope) { () async -> Result<Secret, CheckFailure>? in
            do throws(CheckFailure) {
                return .success(try await fetch(realm, scope, isUrgent: isUrgent))
            } catch {
                return error.code == .cancelled && Task.isCancelled ? nil : .failure(error)
            }
        }
        guard let result else { throw CheckFailure(.cancelled, "the check was cancelled") }
        return try result.get()
    }

    private func fetch(_ realm: Realm, _ scope: String, isUrgent: Bool) async throws(CheckFailure) -> Secret {
        let credentials = try await credentials()
        let question = question(realm, scope, credentials, isUrgent: isUrgent)
        let host = realm.url.origin.host
        let answer = try await transport.follow(question).answer
        switch answer.status {
        case 200: break
        case 400, 401, 403, 404:
            throw CheckFailure(
                .unauthorized,
                credentials == nil
                    ? "the token service \(host) gives no access: the repository does not exist or is private"
                    : "the token service \(host) gives no access with the credentials that are set for \(registry)")
        default: throw CheckFailure(status: answer, host: host)
        }
        guard let token = TokenAnswer(parsing: answer.body.readableBytesView) else {
            throw CheckFailure(.badAnswer, "the token service \(host) answered without a token")
        }
        let header = Secret("Bearer " + token.token.text)
        let now = time.now()
        state.withLock { $0.tokens.keep(header, for: scope, until: now + token.usableFor, at: now) }
        return header
    }

    private func question(
        _ realm: Realm, _ scope: String, _ credentials: Credentials?, isUrgent: Bool
    ) -> HTTPQuestion {
        var headers: HTTPHeaders = ["User-Agent": userAgent, "Accept": "application/json"]
        var fields = [(String, String)]()
        if let service = realm.service { fields.append(("service", service)) }
        for part in scope.split(separator: " ") { fields.append(("scope", String(part))) }
        var question = HTTPQuestion(
            url: realm.url, headers: [:], bodyLimit: tokenLimit, trust: trust, isUrgent: isUrgent, purpose: .token)
        switch credentials {
        case .identityToken(let secret):
            fields += [
                ("grant_type", "refresh_token"), ("client_id", "tagbeat"), ("refresh_token", secret.text),
            ]
            headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            question.method = .POST
            question.body = ByteBuffer(string: Self.form(fields))
        case .password(let username, let password):
            headers.add(name: "Authorization", value: Self.basic(username, password).text)
            fallthrough
        case nil:
            let query = Self.form(fields)
            let separator = realm.url.target.contains("?") ? "&" : "?"
            if !query.isEmpty {
                question.url = RemoteURL(origin: realm.url.origin, target: realm.url.target + separator + query)
            }
        }
        question.headers = headers
        return question
    }

    private static func usualScope(_ path: String) -> String { "repository:\(path):pull" }

    private static func basic(_ username: String, _ password: Secret) -> Secret {
        Secret("Basic " + Data("\(username):\(password.text)".utf8).base64EncodedString())
    }

    static func form(_ fields: [(String, String)]) -> String {
        fields.map { escaped($0.0) + "=" + escaped($0.1) }.joined(separator: "&")
    }

    // `:`, `/` and `,` may stand in a query, and scopes are full of them.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if "-._~:/,".utf8.contains(byte) {
                    result.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    let hex = String(byte, radix: 16, uppercase: true)
                    result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
                }
            }
        }
        return result
    }
}
