public import OCI

/// A text that no description, reflection or log shows.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var description: String { "•••" }
    public var debugDescription: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// How one registry knows us.
public enum Credentials: Hashable, Sendable, CustomStringConvertible {
    case password(username: String, password: Secret)
    /// Docker's `identitytoken`: an OAuth refresh token, to be shown to the token service alone.
    case identityToken(Secret)

    public init(username: String, password: String) {
        self = .password(username: username, password: Secret(password))
    }

    public var description: String {
        switch self {
        case .password: "username and password"
        case .identityToken: "identity token"
        }
    }
}

/// Something that may know credentials: a file, a setting, a credential helper, a cloud's own service.
public protocol CredentialSource: Sendable {
    /// - Returns: nil where this source knows nothing of exactly this registry.
    func credentials(for registry: Registry) async throws -> Credentials?
}

/// All sources in the order in which they are asked.
public struct CredentialStore: Sendable {
    private var sources: [any CredentialSource]

    public init(_ sources: [any CredentialSource] = []) {
        self.sources = sources
    }

    public mutating func append(_ source: any CredentialSource) {
        sources.append(source)
    }

    /// The first that is known. A source that fails keeps nobody from asking the others.
    func credentials(for registry: Registry) async throws -> Credentials? {
        var failure: (any Error)?
        for source in sources {
            do {
                if let found = try await source.credentials(for: registry) { return found }
            } catch {
                if Task.isCancelled { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return nil
    }
}

/// Credentials that are known from the start, each for exactly one registry.
public struct FixedCredentials: CredentialSource {
    let byRegistry: [Registry: Credentials]

    public init(_ byRegistry: [Registry: Credentials]) {
        self.byRegistry = byRegistry
    }

    public func credentials(for registry: Registry) -> Credentials? {
        byRegistry[registry]
    }
}
