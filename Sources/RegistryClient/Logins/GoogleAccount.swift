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

    static func unusable(_ why: String) -> CheckFailure {
        CheckFailure(.configuration, "the file GOOGLE_APPLICATION_CREDENTIALS \(why)")
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
