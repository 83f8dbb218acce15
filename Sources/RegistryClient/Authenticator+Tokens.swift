import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import Synchronization

/// The token service. https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/
extension Authenticator {
    /// The user name by which ACR means that the password is a refresh token.
    /// https://learn.microsoft.com/azure/container-registry/container-registry-authentication
    static let refreshTokenUser = "00000000-0000-0000-0000-000000000000"

    /// A token that answers a challenge.
    func token(
        _ realm: Realm, _ scope: String, for usual: String, rejected: Secret?, isUrgent: Bool
    ) async throws(CheckFailure) -> Secret {
        let now = time.now()
        let known = state.withLock { state -> Secret? in
            if scope == usual {
                state.scopes[usual] = nil
            } else {
                if state.scopes.count >= 1_000 { state.scopes.removeAll() }
                state.scopes[usual] = scope
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

    /// One request under way per scope; who asks meanwhile gets the same token.
    func token(_ realm: Realm, _ scope: String, isUrgent: Bool) async throws(CheckFailure) -> Secret {
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
        let current = try await login.current()
        var problem = current.problem
        if let credentials = current.credentials {
            let result = await login.inTurn(credentials) { () async -> Result<Secret, CheckFailure> in
                do throws(CheckFailure) {
                    return .success(try await fetch(realm, scope, credentials, isUrgent: isUrgent))
                } catch {
                    return .failure(error)
                }
            }
            if let result {
                // A login that was refused must not cost what is public.
                guard case .failure(let failure) = result, case .refused = login.standing(of: credentials) else {
                    return try result.get()
                }
                problem = failure
            } else {
                problem = try await login.current().problem
            }
        }
        do throws(CheckFailure) {
            return try await fetch(realm, scope, nil, isUrgent: isUrgent)
        } catch {
            throw error.code == .unauthorized ? problem ?? error : error
        }
    }

    private func fetch(
        _ realm: Realm, _ scope: String, _ credentials: Credentials?, isUrgent: Bool
    ) async throws(CheckFailure) -> Secret {
        let host = realm.url.origin.name
        let answer = try await ask(question(realm, scope, credentials, isUrgent: isUrgent))
        switch answer.status {
        case 200:
            if let credentials { login.accepted(credentials) }
        case 400, 401, 403, 404:
            guard let credentials else {
                throw CheckFailure(
                    .unauthorized,
                    "the token service \(host) gives no access: the repository does not exist or is private"
                )
            }
            if answer.status != 404 { login.refused(credentials, isCertain: answer.status == 401) }
            throw CheckFailure(
                .unauthorized,
                "the token service \(host) gives no access with the credentials that are set for \(registry)")
        default: throw CheckFailure(status: answer, host: "the token service \(host)")
        }
        guard let token = TokenAnswer(parsing: answer.body.readableBytesView) else {
            throw CheckFailure(.badAnswer, "the token service \(host) answered without a token")
        }
        let header = Secret("Bearer " + token.token.text)
        let now = time.now()
        state.withLock { $0.tokens.keep(header, for: scope, until: now + token.usableFor, at: now) }
        return header
    }

    private func ask(_ question: HTTPQuestion) async throws(CheckFailure) -> HTTPAnswer {
        do throws(CheckFailure) {
            return try await transport.follow(question).answer
        } catch {
            throw error.told("\(registry)'s token service cannot be asked: ")
        }
    }

    private func question(
        _ realm: Realm, _ scope: String, _ credentials: Credentials?, isUrgent: Bool
    ) -> HTTPQuestion {
        var question = HTTPQuestion(
            url: realm.url, headers: ["User-Agent": userAgent, "Accept": "application/json"], bodyLimit: tokenLimit,
            trust: trust, tls: origins.contains(realm.url.origin) ? tls : tls?.besideTheSystem, isUrgent: isUrgent,
            purpose: .token, registry: registry)
        let service = realm.service.map { [("service", $0)] } ?? []
        switch credentials {
        case .password(Self.refreshTokenUser, let secret), .identityToken(let secret):
            // One field with blanks, as OAuth has it, where the query below has one for each.
            let fields =
                [("grant_type", "refresh_token"), ("client_id", "tagbeat")] + service
                + [("scope", scope), ("refresh_token", secret.text)]
            question.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            question.method = .POST
            question.body = ByteBuffer(string: FormFields.text(fields))
            return question
        case .password(let username, let password):
            question.headers.add(name: "Authorization", value: Self.basic(username, password).text)
        case nil: break
        }
        let query = FormFields.text(service + scope.split(separator: " ").map { ("scope", String($0)) })
        let separator = realm.url.target.contains("?") ? "&" : "?"
        if !query.isEmpty {
            question.url = RemoteURL(origin: realm.url.origin, target: realm.url.target + separator + query)
        }
        return question
    }
}

extension TLSConfiguration {
    /// For another host that a registry with an own authority names: that authority counts there beside the system's,
    /// and no certificate of ours is shown.
    var besideTheSystem: TLSConfiguration? {
        guard case .certificates(let own)? = trustRoots else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.additionalTrustRoots = [.certificates(own)]
        return tls
    }
}
