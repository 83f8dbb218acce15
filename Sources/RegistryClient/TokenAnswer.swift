import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a token service answers. https://distribution.github.io/distribution/spec/auth/token/#token-response-fields
struct TokenAnswer: Sendable {
    let token: Secret
    /// How long it may be used: less than the service said, for it must not run out on the way.
    let usableFor: Duration

    /// The Content-Type is not looked at: some services say text/plain.
    init?(parsing body: some Collection<UInt8>) {
        guard JSONBounds.holds(body, depth: 16),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body)),
            let text = [document.token, document.accessToken].compactMap(\.self).first(where: { !$0.isEmpty }),
            text.utf8.count <= 32_768, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        token = Secret(text)
        let lifetime = min(max(document.expiresIn ?? 60, 0), 86_400)
        usableFor = .seconds(lifetime - min(30, max(5, lifetime / 10)))
    }

    private struct Document: Decodable {
        let token: String?
        let accessToken: String?
        let expiresIn: Double?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            token = try container.decodeIfPresent(String.self, forKey: .token)
            accessToken = try container.decodeIfPresent(String.self, forKey: .accessToken)
            // A service that writes the number as text, or nonsense, gets the default.
            expiresIn = try? container.decodeIfPresent(Double.self, forKey: .expiresIn)
        }
    }
}

/// Tokens by scope, for one registry and its one set of credentials.
struct TokenCache: Sendable {
    private struct Entry {
        let header: Secret
        let expires: Duration
    }

    private static let most = 1_000
    private var entries: [String: Entry] = [:]

    func header(for scope: String, at now: Duration) -> Secret? {
        guard let entry = entries[scope], now < entry.expires else { return nil }
        return entry.header
    }

    mutating func keep(_ header: Secret, for scope: String, until expires: Duration, at now: Duration) {
        if entries.count >= Self.most { entries = entries.filter { now < $0.value.expires } }
        // Tokens of thousands of repositories weigh megabytes: then the whole cache starts anew.
        if entries.count >= Self.most { entries.removeAll() }
        entries[scope] = Entry(header: header, expires: expires)
    }

    /// Forgets a header that was refused, unless another came in meanwhile.
    mutating func drop(_ header: Secret, for scope: String) {
        if entries[scope]?.header == header { entries[scope] = nil }
    }
}
