import JWTKit
import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `GOOGLE_APPLICATION_CREDENTIALS` holds.
/// https://cloud.google.com/docs/authentication/application-default-credentials
enum GoogleAccount: Sendable {
    case service(ServiceAccount)
    case user(id: String, secret: Secret, refreshToken: Secret)

    struct ServiceAccount: Sendable {
        let email: String
        /// PEM.
        let privateKey: Secret
        let keyID: String?
        let tokenURL: String
    }

    static let tokenURL = "https://oauth2.googleapis.com/token"
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// - Throws: `configuration`, with no value of the file but the name of a kind that is not supported.
    init(parsing bytes: [UInt8]) throws(CheckFailure) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard bytes.count <= 65_536, JSONBounds.holds(bytes, depth: 8),
            let document = try? decoder.decode(Document.self, from: Data(bytes))
        else { throw Self.unusable("is not Google's JSON of an account") }
        switch document.type {
        case "service_account":
            guard let email = document.clientEmail, let key = document.privateKey else {
                throw Self.unusable("has no client_email or no private_key")
            }
            self = .service(
                ServiceAccount(
                    email: email, privateKey: Secret(key), keyID: document.privateKeyId,
                    tokenURL: document.tokenUri ?? Self.tokenURL))
        case "authorized_user":
            guard let id = document.clientId, let secret = document.clientSecret, let token = document.refreshToken
            else { throw Self.unusable("has no client_id, client_secret or refresh_token") }
            self = .user(id: id, secret: Secret(secret), refreshToken: Secret(token))
        default:
            throw Self.unusable("is of the kind \"\(PrintableText.excerpt(document.type))\", which is not supported")
        }
    }

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

    static func unusable(_ why: String) -> CheckFailure {
        CheckFailure(.configuration, "the file GOOGLE_APPLICATION_CREDENTIALS \(why)")
    }

    private struct Claims: JWTPayload {
        let iss: IssuerClaim
        let scope: String
        let aud: String
        let iat: IssuedAtClaim
        let exp: ExpirationClaim

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private struct Document: Decodable {
        let type: String
        let clientEmail: String?
        let privateKey: String?
        let privateKeyId: String?
        let tokenUri: String?
        let clientId: String?
        let clientSecret: String?
        let refreshToken: String?
    }
}
