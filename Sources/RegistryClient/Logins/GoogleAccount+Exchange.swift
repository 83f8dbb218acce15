import JWTKit
import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension GoogleAccount {
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// The form that is exchanged for an access token.
    func fields(at time: Timestamp) async throws(CheckFailure) -> [(String, String)] {
        switch self {
        case .user(let id, let secret, let token):
            return [
                ("grant_type", "refresh_token"), ("client_id", id), ("client_secret", secret.text),
                ("refresh_token", token.text),
            ]
        case .service(let account):
            return [
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", try await Self.assertion(account, at: time)),
            ]
        }
    }

    /// https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
    private static func assertion(_ account: ServiceAccount, at time: Timestamp) async throws(CheckFailure) -> String {
        let now = Date(timeIntervalSince1970: time.secondsSinceEpoch.rounded(.down))
        let claims = Claims(
            iss: IssuerClaim(value: account.email), scope: scope, aud: account.tokenURL, iat: IssuedAtClaim(value: now),
            exp: ExpirationClaim(value: now.addingTimeInterval(3_600)))
        do {
            let keys = JWTKeyCollection()
            await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: account.privateKey.text), digestAlgorithm: .sha256)
            var header = JWTHeader()
            header.typ = "JWT"
            header.kid = account.keyID
            return try await keys.sign(claims, header: header)
        } catch {
            throw unusable("has a private_key that cannot be used")
        }
    }

    private struct Claims: JWTPayload {
        let iss: IssuerClaim
        let scope: String
        let aud: String
        let iat: IssuedAtClaim
        let exp: ExpirationClaim

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }
}
