import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// Who may do what.
struct Access: Sendable {
    private let tokenHash: SHA256Digest?

    init(adminToken: String?) {
        tokenHash = adminToken.flatMap { $0.isEmpty ? nil : SHA256.hash(data: Data($0.utf8)) }
    }

    /// Whether the request bears the admin token. Hashes are compared in constant time, whatever was sent.
    func isAdmin(_ request: Request) -> Bool {
        guard let tokenHash, let header = request.headers[.authorization] else { return false }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        let token = parts[1].drop { $0 == " " }
        return SHA256.hash(data: Data(token.utf8)) == tokenHash
    }

    /// - Throws: 401 where the request does not bear the admin token.
    func requireAdmin(_ request: Request, to action: String) throws(Problem) {
        guard !isAdmin(request) else { return }
        let advice =
            tokenHash == nil
            ? "This site has none: its operator sets TAGBEAT_ADMIN_TOKEN."
            : "Send it as Authorization: Bearer TOKEN."
        throw .unauthorized("It takes the admin token \(action). \(advice)")
    }

    /// Refuses what another site's page made a visitor's browser send.
    ///
    /// `Sec-Fetch-Site` is set by browsers alone; older ones send `Origin`, and programs send neither.
    static func requireSameSite(_ request: Request, publicURL: String?) throws(Problem) {
        let refused = Problem(.forbidden, "Another site's page sent this request. Use the forms of this site.")
        if let site = request.headers.values(named: "Sec-Fetch-Site").first {
            guard site == "same-origin" || site == "none" else { throw refused }
            return
        }
        guard let origin = request.headers[.origin] else { return }
        let own = [request.head.authority, publicURL?.components(separatedBy: "://").last]
        guard let host = origin.components(separatedBy: "://").last, own.contains(host) else { throw refused }
    }
}
