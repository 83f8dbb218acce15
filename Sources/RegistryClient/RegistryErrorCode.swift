import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The codes of `{"errors":[{"code":…}]}`.
/// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
enum RegistryErrorCode {
    static func first(in body: some Collection<UInt8>) -> String? {
        guard !body.isEmpty, body.count <= 65_536, JSONBounds.holds(body, depth: 16),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body))
        else { return nil }
        let code = document.errors.first?.code ?? ""
        let fits =
            (1...40).contains(code.utf8.count) && code.utf8.allSatisfy { $0 == 0x5f || (0x41...0x5a).contains($0) }
        return fits ? code : nil
    }

    private struct Document: Decodable {
        struct Entry: Decodable {
            let code: String
        }

        let errors: [Entry]
    }
}
