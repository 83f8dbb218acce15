import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What an OAuth server answers. https://www.rfc-editor.org/rfc/rfc6749#section-5.1
struct AccessToken: Sendable {
    let token: Secret
    /// Seconds, as the server says; nil where it does not.
    let lifetime: Double?

    /// - Parameter field: `access_token`, or `refresh_token` where that is what is asked for.
    init?(parsing body: some Collection<UInt8>, field: String = "access_token") {
        guard body.count <= 262_144, JSONBounds.holds(body, depth: 16),
            let document = try? JSONDecoder().decode([String: Field].self, from: Data(body)),
            let text = document[field]?.text, (1...65_536).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        token = Secret(text)
        lifetime = document["expires_in"]?.number
    }

    /// A field of any type: only text and numbers are of use here.
    private struct Field: Decodable {
        let text: String?
        let number: Double?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try? container.decode(String.self)
            // Azure's older servers write the number as text.
            number = (try? container.decode(Double.self)) ?? text.flatMap { Double($0) }
        }
    }

    /// How long it may be shown: less than the server said.
    func usableFor(otherwise usual: Double = 300) -> Duration {
        let seconds = min(max(lifetime ?? usual, 0), 86_400)
        return .seconds(max(10, seconds - min(300, seconds / 4)))
    }
}
