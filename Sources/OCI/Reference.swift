/// What a person writes to name an image: a repository with a tag, a digest, or both.
public struct Reference: Hashable, Sendable {
    public let repository: Repository
    /// Nil only where a digest stands without a tag; without either, `latest` is meant.
    public let tag: Tag?
    public let digest: Digest?

    /// Reads Docker's short names and full ones: `python`, `owner/name:1.2`, `ghcr.io/owner/name:1.2@sha256:…`.
    public init(parsing text: some StringProtocol) throws(ReferenceError) {
        let parts = try ReferenceScanner(text)
        repository = parts.repository
        digest = parts.digest
        tag = parts.tag ?? (parts.digest == nil ? .latest : nil)
    }

    /// Whether it names one content for ever.
    public var isPinned: Bool { digest != nil }
}

extension Reference: CustomStringConvertible {
    /// In full: `docker.io/library/python:latest`, `…@sha256:…`, `…:tag@sha256:…`.
    public var description: String {
        var text = repository.description
        if let tag { text += ":" + tag.name }
        if let digest { text += "@" + digest.description }
        return text
    }
}
