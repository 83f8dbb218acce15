import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// Who may do what, and how they show it. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
struct Access: Sendable {
    private let tokenHash: SHA256Digest?

    init(adminToken: String?) {
        tokenHash = adminToken.flatMap { $0.isEmpty ? nil : SHA256.hash(data: Data($0.utf8)) }
    }

    /// Whether the request bears the admin token or a valid one of ``AccessToken``'s kind. Hashes are compared in
    /// constant time, whatever was sent.
    /// - Parameter isKnown: whether a token of this hash was created and not revoked.
    func isTrusted(
        _ request: Request, isKnown: (_ hash: [UInt8]) async throws -> Bool
    ) async rethrows -> Bool {
        guard let token = Self.bearerToken(of: request) else { return false }
        if let tokenHash, SHA256.hash(data: Data(token.utf8)) == tokenHash { return true }
        guard let token = AccessToken(token) else { return false }
        return try await isKnown(token.hash)
    }

    static func bearsToken(_ request: Request) -> Bool { bearerToken(of: request) != nil }

    private static func bearerToken(of request: Request) -> Substring? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].drop { $0 == " " }
    }

    /// Refuses what another site's page made a visitor's browser send.
    ///
    /// `Sec-Fetch-Site` is set by browsers alone; older ones send `Origin`, and programs send neither.
    /// - Parameter host: where people reach this site, with its port; nil where nobody knows.
    static func requireSameSite(_ request: Request, host: String?) throws(Problem) {
        let refused = Problem(.forbidden, "Another site's page sent this request. Use the forms of this site.")
        if let site = request.headers.values(named: "Sec-Fetch-Site").first {
            guard site == "same-origin" || site == "none" else { throw refused }
            return
        }
        guard let origin = request.headers[.origin] else { return }
        let own = [request.head.authority, host].compactMap(\.self)
        guard let asking = origin.components(separatedBy: "://").last, own.contains(asking) else { throw refused }
    }
}
