/// What is tracked: a repository's tag, never a digest.
public struct TagReference: Hashable, Sendable {
    public let repository: Repository
    public let tag: Tag

    public init(repository: Repository, tag: Tag) {
        self.repository = repository
        self.tag = tag
    }

    /// As `Reference` reads it; a digest is refused (`digestNotAllowed`), because its content never changes.
    public init(parsing text: some StringProtocol) throws(ReferenceError) {
        let parts = try ReferenceScanner(text)
        guard parts.digest == nil else { throw ReferenceError(.digestNotAllowed, text) }
        self.init(repository: parts.repository, tag: parts.tag ?? .latest)
    }

    public init(_ reference: Reference) throws(ReferenceError) {
        guard reference.digest == nil else { throw ReferenceError(.digestNotAllowed, reference.description) }
        self.init(repository: reference.repository, tag: reference.tag ?? .latest)
    }

    public var registry: Registry { repository.registry }
}

extension TagReference: Comparable, CustomStringConvertible {
    public static func < (left: TagReference, right: TagReference) -> Bool {
        (left.repository, left.tag) < (right.repository, right.tag)
    }

    /// In full: `docker.io/library/python:3.12`.
    public var description: String { repository.description + ":" + tag.name }

    /// As people write it: `python:3.12` for Docker Hub, in full for any other registry.
    public var familiar: String { repository.familiar + ":" + tag.name }
}

extension TagReference: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(parsing: container.decode(String.self))
        } catch let error as ReferenceError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
