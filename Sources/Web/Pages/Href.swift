import OCI
import Store

/// Addresses of this site's own pages.
enum Href {
    static func tag(_ reference: TagReference) -> String { "/tags/" + path(reference) }
    static func check(_ reference: TagReference) -> String { "/checks/" + path(reference) }
    static func feed(_ reference: TagReference) -> String { "/feeds/\(path(reference)).atom" }
    static func chart(_ reference: TagReference) -> String { "/charts/\(path(reference)).svg" }
    static func badge(_ kind: String, _ reference: TagReference) -> String { "/badges/\(kind)/\(path(reference)).svg" }
    static func history(_ reference: TagReference, format: String) -> String {
        "/history/\(path(reference)).\(format)"
    }
    static func repository(_ repository: Repository) -> String { "/repositories/" + path(repository) }
    static func feed(_ repository: Repository) -> String { "/feeds/repositories/\(path(repository)).atom" }
    /// Several images side by side, as they were written.
    static func images(_ images: [String], path: String = "/") -> String {
        path + "?" + images.map { "image=" + PercentCoding.encoded($0) }.joined(separator: "&")
    }
    static func api(_ list: String, _ reference: TagReference) -> String { "/api/v1/\(list)/" + path(reference) }

    /// Slashes and colons stay as they are; an IPv6 address's brackets may not stand in a path.
    private static func path(_ name: some CustomStringConvertible) -> String {
        var text = ""
        for character in name.description {
            switch character {
            case "[": text += "%5B"
            case "]": text += "%5D"
            default: text.append(character)
            }
        }
        return text
    }

    /// Empty and missing values are left out.
    static func address(_ path: String, _ query: KeyValuePairs<String, String?>) -> String {
        let parts = query.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(name)=\(PercentCoding.encoded($0))" }
        }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }
}
