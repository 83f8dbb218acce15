import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One answer of a listing of tags.
/// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
struct TagListPage: Sendable {
    /// Those that are valid names.
    let tags: [Tag]
    /// With those that are not.
    let count: Int

    init?(parsing body: some Collection<UInt8>) {
        guard JSONBounds.holds(body, depth: 32),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body))
        else { return nil }
        let names = document.tags ?? []
        tags = names.compactMap { try? Tag(parsing: $0) }
        count = names.count
    }

    private struct Document: Decodable {
        let tags: [String]?
    }
}
