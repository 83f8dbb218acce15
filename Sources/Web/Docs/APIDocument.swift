import Foundation
import Yams

/// The server's OpenAPI document, put together from the files in Resources/openapi.
/// https://spec.openapis.org/oas/v3.1.0
struct APIDocument: Sendable {
    let json: Data
    let content: OpenAPI

    private static let parts = [
        "document", "schemas", "statistics", "status", "tags", "history", "site", "pages",
    ]

    /// - Parameters:
    ///   - folder: where the parts lie.
    ///   - publicURL: where the server is reached; nil: where the document was.
    /// - Throws: ``WebError`` where a part is missing or cannot be read.
    init(folder: URL, version: String, publicURL: String?) throws(WebError) {
        var document: [String: Any] = [:]
        for part in Self.parts {
            let file = folder.appendingPathComponent("\(part).yaml")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw .missingResources(file.path)
            }
            guard let members = (try? Yams.load(yaml: text)) as? [String: Any] else {
                throw .badTemplate("\(part).yaml is no mapping")
            }
            Self.merge(members, into: &document)
        }
        Self.merge(["info": ["version": version]], into: &document)
        if let publicURL { document["servers"] = [["url": publicURL]] }
        do {
            json = try JSONSerialization.data(
                withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
            content = try JSONDecoder().decode(OpenAPI.self, from: json)
        } catch {
            throw .badTemplate("the OpenAPI document: \(error)")
        }
    }

    private static func merge(_ members: [String: Any], into document: inout [String: Any]) {
        document.merge(members) { old, new in
            guard var both = old as? [String: Any], let new = new as? [String: Any] else { return new }
            merge(new, into: &both)
            return both
        }
    }
}
