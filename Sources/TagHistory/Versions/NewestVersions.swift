public import OCI

extension TagVersion {
    /// Whether `other` is a newer tag of the same shape. A release is not superseded by a pre-release.
    public func isSuperseded(by other: TagVersion) -> Bool {
        shape == other.shape && (!other.isPrerelease || isPrerelease) && precedence(to: other) == .lower
    }

    /// Whether a newer tag of the same shape is among `others`: 3.12.1 where 3.12.2 or 3.13.0 is.
    public static func isSuperseded(_ tag: Tag, by others: some Sequence<Tag>) -> Bool {
        guard let version = TagVersion(tag) else { return false }
        return others.contains { TagVersion($0).map(version.isSuperseded) ?? false }
    }
}

/// The newest tag of each shape of a repository, so that many of its tags can be asked about at once.
public struct NewestVersions: Sendable {
    private var releases: [TagShape: TagVersion] = [:]
    private var prereleases: [TagShape: TagVersion] = [:]

    public init(_ tags: some Sequence<Tag>) {
        for tag in tags {
            guard let version = TagVersion(tag) else { continue }
            if version.isPrerelease {
                Self.keep(version, in: &prereleases)
            } else {
                Self.keep(version, in: &releases)
            }
        }
    }

    private static func keep(_ version: TagVersion, in newest: inout [TagShape: TagVersion]) {
        if let other = newest[version.shape], other >= version { return }
        newest[version.shape] = version
    }

    /// As ``TagVersion/isSuperseded(_:by:)``, without going through the tags again.
    public func supersede(_ tag: Tag) -> Bool {
        guard let version = TagVersion(tag) else { return false }
        return [releases, prereleases].contains { $0[version.shape].map(version.isSuperseded) ?? false }
    }
}
