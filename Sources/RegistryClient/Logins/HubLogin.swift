import NIOHTTP1
import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Docker Hub's own API takes no password but a token that is given for one.
/// https://docs.docker.com/reference/api/hub/latest/#tag/authentication-api
final class HubLogin: Sendable {
    private struct Key: Hashable {
        let url: RemoteURL
        let credentials: Credentials
    }

    private let door: CloudDoor
    private let tokens: Renewed<Key, Secret>

    /// It lasts for ten minutes; the answer does not say so.
    static let lifetime: Duration = .seconds(540)

    init(door: CloudDoor, time: TimeSource) {
        self.door = door
        tokens = Renewed(most: 16, time: time)
    }

    /// - Parameters:
    ///   - endpoint: `https://hub.docker.com`, or where the operator says that its API answers.
    ///   - registry: whose API it is.
    ///   - isOperators: the operator's settings name it.
    ///   - rejected: what was shown before and refused.
    func header(
        at endpoint: Endpoint, of registry: Registry, isOperators: Bool, for credentials: Credentials,
        rejected: Secret?
    ) async throws(CheckFailure) -> Secret? {
        guard case .password(let username, let password) = credentials else { return nil }
        let url = RemoteURL(origin: endpoint.origin, target: endpoint.path + "/v2/auth/token")
        let key = Key(url: url, credentials: credentials)
        let make = { [door] () async throws(CheckFailure) -> Renewed<Key, Secret>.Fresh in
            let answer = try await door.ask(
                .POST, url, for: registry, isOperators: isOperators,
                headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
                body: try Self.body(username, password))
            let token = try answer.accessToken(from: endpoint.origin.host)
            return .init(value: Secret("Bearer " + token.token.text), lifetime: Self.lifetime)
        }
        let header = try await tokens.value(for: key, make)
        guard header == rejected else { return header }
        tokens.drop(key)
        return try await tokens.value(for: key, make)
    }

    private static func body(_ username: String, _ password: Secret) throws(CheckFailure) -> String {
        guard let data = try? JSONEncoder().encode(["identifier": username, "secret": password.text]) else {
            throw CheckFailure(.configuration, "the login for Docker Hub cannot be written as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
