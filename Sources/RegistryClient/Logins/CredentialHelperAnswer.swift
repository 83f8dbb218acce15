import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a credential helper prints.
/// https://github.com/docker/docker-credential-helpers/blob/master/credentials/credentials.go
enum CredentialHelperAnswer: Hashable, Sendable {
    case credentials(Credentials)
    /// It works and knows nothing of this registry.
    case unknown
    /// Not what a helper says. What it was is not kept: it may hold a secret.
    case unreadable
    /// It knows another registry than the one asked for.
    case otherRegistry

    static let longest = 65_536

    /// A name that is a file's name alone: `desktop`, `ecr-login`, `osxkeychain`.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.+".utf8.contains(byte)
                }
            } && !text.hasPrefix(".") && !text.hasPrefix("-")
    }

    /// What a helper is asked for: Docker Hub goes by its old name, every other registry by its own.
    static func serverURL(_ registry: Registry) -> String {
        registry == .dockerHub ? "https://index.docker.io/v1/" : registry.name
    }

    init(parsing bytes: some Collection<UInt8>, succeeded: Bool, for registry: Registry) {
        guard bytes.count <= Self.longest else {
            self = .unreadable
            return
        }
        guard succeeded else {
            // The words are part of the protocol; the exit code is 1 for this and for every failure.
            let text = String(decoding: bytes, as: UTF8.self).lowercased()
            let knowsNothing = ["credentials not found", "no credentials server url", "no credentials username"]
            self = knowsNothing.contains { text.contains($0) } ? .unknown : .unreadable
            return
        }
        guard JSONBounds.holds(bytes, depth: 8),
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes))
        else {
            self = .unreadable
            return
        }
        if let url = document.serverURL, !url.isEmpty, DockerConfig.registry(url) != registry {
            self = .otherRegistry
        } else if document.secret.isEmpty {
            self = .unknown
        } else if document.username == "<token>" {
            self = .credentials(.identityToken(Secret(document.secret)))
        } else if document.username.isEmpty {
            self = .unknown
        } else {
            self = .credentials(Credentials(username: document.username, password: document.secret))
        }
    }

    private struct Document: Decodable {
        let serverURL: String?
        let username: String
        let secret: String

        enum CodingKeys: String, CodingKey {
            case serverURL = "ServerURL"
            case username = "Username"
            case secret = "Secret"
        }
    }
}
