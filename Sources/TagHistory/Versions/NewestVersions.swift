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

/// The newest tag of each shape, so that many can be asked about at once.
public struct NewestVersions: Sendable {
    private var releases: [TagShape: TagVersion] = [:]
    private var prereleases: [TagShape: TagVersion] = [:]
    /// What nobody had to look at yet.
    private var names: ArraySlice<String>

    /// - Parameter names: of tags. It is quickest with the newest first: they are read only as far as needed.
    public init(of names: [String]) { self.names = names[...] }

    /// As ``TagVersion/isSuperseded(_:by:)``, without going through the tags again.
    public mutating func supersede(_ tag: Tag) -> Bool {
        guard let version = TagVersion(tag) else { return false }
        if [releases, prereleases].contains(where: { $0[version.shape].map(version.isSuperseded) ?? false }) {
            return true
        }
        while let name = names.popFirst() {
            guard let other = (try? Tag(parsing: name)).flatMap(TagVersion.init) else { continue }
            if other.isPrerelease {
                Self.keep(other, in: &prereleases)
            } else {
                Self.keep(other, in: &releases)
            }
            if version.isSuperseded(by: other) { return true }
        }
        return false
    }

    private static func keep(_ version: TagVersion, in newest: inout [TagShape: TagVersion]) {
        if let other = newest[version.shape], other >= version { return }
        newest[version.shape] = version
    }
}
