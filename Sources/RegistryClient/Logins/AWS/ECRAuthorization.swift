import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What GetAuthorizationToken answers.
/// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
struct ECRAuthorization: Sendable {
    let credentials: Credentials
    /// Nil where it does not say.
    let expiresAt: Timestamp?

    init?(parsing body: some Collection<UInt8>) {
        guard JSONBounds.holds(body, depth: 8),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body)),
            let data = document.authorizationData.first, let raw = Data(base64Encoded: data.authorizationToken),
            let text = String(validating: raw, as: UTF8.self), let colon = text.firstIndex(of: ":"),
            colon > text.startIndex, text.index(after: colon) < text.endIndex,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        credentials = Credentials(
            username: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        expiresAt = data.expiresAt
    }

    private struct Document: Decodable {
        let authorizationData: [Entry]
    }

    private struct Entry: Decodable {
        let authorizationToken: String
        let expiresAt: Timestamp?

        enum CodingKeys: String, CodingKey {
            case authorizationToken, expiresAt
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            authorizationToken = try container.decode(String.self, forKey: .authorizationToken)
            // Seconds from the API itself, text from what stands in for it.
            if let seconds = try? container.decode(Double.self, forKey: .expiresAt), abs(seconds) < 1e11 {
                expiresAt = Timestamp(secondsSinceEpoch: seconds)
            } else {
                expiresAt = (try? container.decode(String.self, forKey: .expiresAt)).flatMap {
                    try? Timestamp(parsing: $0)
                }
            }
        }
    }
}

/// The name of an error of AWS's JSON APIs, without the message, which could repeat what was sent.
enum AWSErrorName {
    static func find(in body: some Collection<UInt8>) -> String? {
        guard body.count <= 65_536, JSONBounds.holds(body, depth: 8),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body)),
            let name = document.type?.split(separator: "#").last, name.utf8.count <= 64,
            name.utf8.allSatisfy({ (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) })
        else { return nil }
        return String(name)
    }

    private struct Document: Decodable {
        let type: String?

        enum CodingKeys: String, CodingKey {
            case type = "__type"
        }
    }
}
