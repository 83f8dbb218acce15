import Hummingbird
import OCI

/// References stand raw in paths, with their slashes and colons; `%2F`, `%3A` and `%40` mean the same.
enum ReferencePath {
    /// - Parameter prefix: what stands before the reference, as `/tags/`.
    static func reference(of path: String, after prefix: String) throws(Problem) -> TagReference {
        let text = try text(of: path, after: prefix)
        do { return try TagReference(parsing: text) } catch { throw .unacceptable(error.description) }
    }

    /// - Parameter prefix: what stands before the repository, as `/repositories/`.
    static func repository(of path: String, after prefix: String) throws(Problem) -> Repository {
        let text = try text(of: path, after: prefix)
        do { return try Repository(parsing: text) } catch { throw .unacceptable(error.description) }
    }

    private static func text(of path: String, after prefix: String) throws(Problem) -> String {
        guard path.hasPrefix(prefix) else { throw .notFound("There is no such page.") }
        guard let text = PercentCoding.decoded(path.dropFirst(prefix.count)) else {
            throw .badRequest("The path is not UTF-8. Write an image as python:3.12 or ghcr.io/owner/name:1.2.")
        }
        return text
    }
}
