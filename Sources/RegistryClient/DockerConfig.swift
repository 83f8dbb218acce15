public import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Docker's `config.json`: what `docker login` wrote.
/// https://github.com/docker/cli/blob/master/cli/config/configfile/file.go
public struct DockerConfig: CredentialSource {
    private let byRegistry: [Registry: Credentials]
    /// The program that keeps all credentials, and those that keep one registry's: named here, not run.
    public let credentialsStore: String?
    public let credentialHelpers: [Registry: String]

    /// - Throws: `SettingError`; its text names what is wrong, never a value.
    public init(parsing bytes: [UInt8]) throws(SettingError) {
        guard bytes.count <= 1_048_576, JSONBounds.holds(bytes, depth: 32),
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes))
        else { throw SettingError("it is not Docker's config.json") }
        var found = [Registry: Credentials]()
        // Sorted, so that two spellings of one registry always end the same way.
        for (key, entry) in (document.auths ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let registry = Self.registry(key), let credentials = try entry.credentials(key) else { continue }
            found[registry] = credentials
        }
        byRegistry = found
        credentialsStore = document.credsStore
        credentialHelpers = Dictionary(
            (document.credHelpers ?? [:]).compactMap { key, name in Self.registry(key).map { ($0, name) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The file that Docker would read: `config.json` in `DOCKER_CONFIG`, else in `~/.docker`.
    ///
    /// - Returns: nil where there is no such file.
    public static func standard(environment: [String: String]) throws(SettingError) -> DockerConfig? {
        let folder =
            environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
            ?? environment["HOME"].map { $0 + "/.docker" }
        guard let path = folder.map({ $0 + "/config.json" }), FileManager.default.fileExists(atPath: path) else {
            return nil
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingError("\(path) cannot be read")
        }
        do {
            return try DockerConfig(parsing: Array(data))
        } catch {
            throw SettingError("\(path): \(error)")
        }
    }

    public func credentials(for registry: Registry) -> Credentials? {
        byRegistry[registry]
    }

    /// `https://index.docker.io/v1/`, `ghcr.io`, `https://host:5000`. A key with another path is for a part of a
    /// registry (Podman's form): it is left out rather than offered to the whole.
    static func registry(_ key: String) -> Registry? {
        var rest = key[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let host = rest.prefix { $0 != "/" }
        guard ["", "/", "/v1", "/v1/", "/v2", "/v2/"].contains(rest.dropFirst(host.count)) else { return nil }
        return try? Registry(parsing: host)
    }

    private struct Document: Decodable {
        let auths: [String: Entry]?
        let credsStore: String?
        let credHelpers: [String: String]?
    }

    private struct Entry: Decodable {
        let auth: String?
        let username: String?
        let password: String?
        let identitytoken: String?

        func credentials(_ key: String) throws(SettingError) -> Credentials? {
            if let identitytoken, !identitytoken.isEmpty { return .identityToken(Secret(identitytoken)) }
            if let username, let password, !username.isEmpty {
                return Credentials(username: username, password: password)
            }
            guard let auth, !auth.isEmpty else { return nil }
            guard let data = Data(base64Encoded: auth), let text = String(data: data, encoding: .utf8),
                let colon = text.firstIndex(of: ":"), colon > text.startIndex
            else {
                throw SettingError("auths[\"\(PrintableText.excerpt(key))\"].auth is not base64 of username:password")
            }
            // Docker's own files may end in a NUL.
            let password = text[text.index(after: colon)...].filter { $0 != "\0" }
            return Credentials(username: String(text[..<colon]), password: password)
        }
    }
}

extension CredentialStore {
    /// `DOCKERHUB_USERNAME` with `DOCKERHUB_PASSWORD`, then Docker's own file.
    public static func standard(environment: [String: String]) throws(SettingError) -> CredentialStore {
        var store = CredentialStore()
        switch (environment["DOCKERHUB_USERNAME"] ?? "", environment["DOCKERHUB_PASSWORD"] ?? "") {
        case ("", ""): break
        case ("", _): throw SettingError("DOCKERHUB_PASSWORD is set without DOCKERHUB_USERNAME")
        case (_, ""): throw SettingError("DOCKERHUB_USERNAME is set without DOCKERHUB_PASSWORD")
        case (let username, let password):
            store.append(FixedCredentials([.dockerHub: Credentials(username: username, password: password)]))
        }
        if let file = try DockerConfig.standard(environment: environment) { store.append(file) }
        return store
    }
}
