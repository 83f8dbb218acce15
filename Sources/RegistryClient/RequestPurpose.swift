/// What a request is spent on. The numbers are stored and never change their meaning.
public enum RequestPurpose: Int16, Hashable, Sendable, CaseIterable {
    /// A tag's digest, by HEAD or GET.
    case check = 1
    /// A vendor's listing of many tags with their digests.
    case bulk = 2
    /// A token or a login.
    case token = 3
    /// Manifests and configurations by digest: what a change was.
    case content = 4
    /// A listing of a repository's tags, for discovery.
    case tags = 5
    /// A vendor's record of the past.
    case history = 6
}
