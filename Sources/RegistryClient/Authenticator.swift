import NIOCore
import NIOHTTP1
import NIOSSL
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
    enum Mode: Sendable {
        /// Nothing was asked for so far.
        case open
        /// And a password was accepted.
        case basic
        case bearer(Realm)
    }

    struct Realm: Hashable, Sendable {
        let url: RemoteURL
        let service: String?
    }

    struct State {
        var mode = Mode.open
        var tokens = TokenCache()
        /// Scopes that a challenge named and that are not the usual ones.
        var scopes: [String: String] = [:]
    }

    let registry: Registry
    let login: RegistryLogin
    let transport: Transport
    let trust: Trust
    /// For a token service at the registry's own origin.
    let tls: TLSConfiguration?
    let origins: Set<Origin>
    let userAgent: String
    let tokenLimit: Int
    let time: TimeSource
    let state = Mutex(State())
    let inFlight = InFlight<String, Result<Secret, CheckFailure>>()

    init(
        registry: Registry, settings: Credentials?, configuration: RegistryConfiguration, trust: Trust,
        tls: TLSConfiguration?, origins: Set<Origin>, transport: Transport, time: TimeSource
    ) {
        self.registry = registry
        self.transport = transport
        self.trust = trust
        self.tls = tls
        self.origins = origins
        self.time = time
        login = RegistryLogin(registry: registry, settings: settings, store: configuration.credentials, time: time)
        userAgent = configuration.userAgent
        tokenLimit = configuration.limits.token
    }

    /// What to show with the first try: nothing until the registry has asked; then a token for this repository too,
    /// which spares the request that would only be refused.
    ///
    /// - Parameter usual: the scope that is asked for unless a challenge named another in its place.
    func header(for usual: String, isUrgent: Bool) async throws(CheckFailure) -> Secret? {
        let now = time.now()
        let (mode, known, scope) = state.withLock { state -> (Mode, Secret?, String) in
            let scope = state.scopes[usual] ?? usual
            return (state.mode, state.tokens.header(for: scope, at: now), scope)
        }
        switch mode {
        case .open: return nil
        case .basic:
            // Asked for each time: a cloud's passwords last for hours only.
            guard case .password(let username, let password)? = try await login.current().credentials else {
                return nil
            }
            return Self.basic(username, password)
        case .bearer(let realm):
            if let known { return known }
            do throws(CheckFailure) {
                return try await token(realm, scope, isUrgent: isUrgent)
            } catch {
                // What was learnt may be out of date, or good for another repository only: ask without, learn anew.
                if error.code == .cancelled { throw error }
                return nil
            }
        }
    }

    /// Sends a request once more, with what the registry wants to be shown after it refused the first try.
    ///
    /// - Parameter rejected: what was shown with the first try.
    /// - Throws: `unauthorized` where there is nothing else to show.
    func ask(
        _ question: HTTPQuestion, answering challenges: [Challenge], for usual: String, rejected: Secret?
    ) async throws(CheckFailure) -> FollowedAnswer {
        var question = question
        let bearer = challenges.first { $0.scheme == "bearer" && $0.parameters["realm"] != nil }
        if let bearer, let url = bearer.parameters["realm"].flatMap({ RemoteURL(parsing: $0) }) {
            let realm = Realm(url: url, service: bearer.parameters["service"])
            let scope = bearer.parameters["scope"].flatMap { $0.isEmpty ? nil : $0 } ?? usual
            let token = try await token(realm, scope, for: usual, rejected: rejected, isUrgent: question.isUrgent)
            question.headers.replaceOrAdd(name: "Authorization", value: token.text)
            return try await transport.follow(question)
        }
        if challenges.contains(where: { $0.scheme == "basic" }) { return try await askByPassword(question, rejected) }
        if bearer != nil { throw CheckFailure(.badAnswer, "\(registry) names a token service that is no valid URL") }
        throw CheckFailure(.unauthorized, "\(registry) refuses access and does not say what it wants to be shown")
    }

    private func askByPassword(
        _ question: HTTPQuestion, _ rejected: Secret?
    ) async throws(CheckFailure) -> FollowedAnswer {
        let current = try await login.current()
        guard let credentials = current.credentials, case .password(let username, let password) = credentials else {
            throw current.problem
                ?? CheckFailure(
                    .unauthorized, "\(registry) wants a username and password, and none are set for it")
        }
        let header = Self.basic(username, password)
        let refused = CheckFailure(
            .unauthorized, "\(registry) refused the username and password that are set for it")
        guard header != rejected else {
            login.refused(credentials, isCertain: true)
            throw refused
        }
        var question = question
        question.headers.replaceOrAdd(name: "Authorization", value: header.text)
        let result = await login.inTurn(credentials) { [question] () async -> Result<FollowedAnswer, CheckFailure> in
            do throws(CheckFailure) {
                let answer = try await transport.follow(question)
                switch answer.answer.status {
                case 401:
                    login.refused(credentials, isCertain: true)
                    return .failure(refused)
                // Of a repository, or of an address that was shut out: it says nothing of the password.
                case 403, 429, 500...: break
                default:
                    login.accepted(credentials)
                    state.withLock { $0.mode = .basic }
                }
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw refused }
        return try result.get()
    }

    static func scope(_ path: String, _ action: String = "pull") -> String { "repository:\(path):\(action)" }

    static func basic(_ username: String, _ password: Secret) -> Secret {
        Secret("Basic " + Data("\(username):\(password.text)".utf8).base64EncodedString())
    }
}
