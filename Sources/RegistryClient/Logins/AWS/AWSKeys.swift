import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What AWS knows a caller by.
struct AWSKeys: Hashable, Sendable {
    let accessKeyID: String
    let secretAccessKey: Secret
    let sessionToken: Secret?
    /// Nil: until they are changed.
    let expiresAt: Timestamp?

    init?(_ accessKeyID: String?, _ secret: String?, token: String?, expiresAt: Timestamp? = nil) {
        func isPlain(_ text: String) -> Bool {
            (1...16_384).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        }
        guard let accessKeyID, let secret, isPlain(accessKeyID), isPlain(secret) else { return nil }
        let token = token.flatMap { $0.isEmpty ? nil : $0 }
        if let token, !isPlain(token) { return nil }
        self.accessKeyID = accessKeyID
        secretAccessKey = Secret(secret)
        sessionToken = token.map(Secret.init)
        self.expiresAt = expiresAt
    }

    /// What a metadata server answers.
    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    init?(parsing body: some Collection<UInt8>) {
        guard JSONBounds.holds(body, depth: 8),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body)),
            document.code == nil || document.code == "Success"
        else { return nil }
        self.init(
            document.accessKeyID, document.secret, token: document.token,
            expiresAt: document.expiration.flatMap { try? Timestamp(parsing: $0) })
    }

    /// What STS answers, in XML. Base64 and RFC 3339 alone stand in the elements that are looked at.
    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    init?(xml body: some Collection<UInt8>) {
        let text = String(decoding: body, as: UTF8.self)
        func element(_ name: String) -> String? {
            guard let start = text.firstRange(of: "<\(name)>"),
                let end = text[start.upperBound...].firstRange(of: "</\(name)>")
            else { return nil }
            return String(text[start.upperBound..<end.lowerBound].trimmedOfBlanks)
        }
        self.init(
            element("AccessKeyId"), element("SecretAccessKey"), token: element("SessionToken"),
            expiresAt: element("Expiration").flatMap { try? Timestamp(parsing: $0) })
    }

    private struct Document: Decodable {
        let code: String?
        let accessKeyID: String
        let secret: String
        let token: String?
        let expiration: String?

        enum CodingKeys: String, CodingKey {
            case code = "Code"
            case accessKeyID = "AccessKeyId"
            case secret = "SecretAccessKey"
            case token = "Token"
            case expiration = "Expiration"
        }
    }
}
