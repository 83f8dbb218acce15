public import OCI

/// What has to be equal for two tags to be compared: the tag with its version's numbers left out.
///
/// `3.12-slim` and `3.13-slim` are `#.#-slim`; `3.13` is `#.#`, `3.13.1` is `#.#.#` and floats under it, `v1.2` is
/// `v#.#`, `jammy-20240501` is `jammy-YYYYMMDD`. Pre-releases have the shape of their release.
public struct TagShape: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `#` stands for a number; no tag holds it.
    public let pattern: String

    public var description: String { pattern }

    public static func < (left: TagShape, right: TagShape) -> Bool { left.pattern < right.pattern }
}

/// The version in a tag's name.
///
/// The order is total. Within a shape it is SemVer's precedence, numbers in their places and pre-releases before
/// their release; only tags that spell one version differently (`1.01`, `1.1`) are told apart by name. Across shapes
/// it serves to put the best last: plain versions above dates and versions with a name before them, `3.13.1` above
/// `3.13`, `3.13` above `3.13-slim`.
public struct TagVersion: Hashable, Sendable {
    public let tag: Tag
    public let shape: TagShape
    /// The numbers joined by dots; a date is one number.
    let numbers: [VersionNumber]
    let prerelease: Prerelease
    /// What counts the builds of one version: 5 in `1.2.3-r5`, the date in `9.4-20260101`.
    let revision: [VersionNumber]
    /// The numbers are a date's.
    let isDate: Bool
    /// A version as such: nothing but `v` or `release-` before it, and no date.
    let isPlain: Bool
    /// Where in the name the version stands.
    let span: Range<Int>

    /// Nil: the name bears no version, as `latest`, `bookworm`, an artifact's or a commit's do not.
    public init?(_ tag: Tag) {
        guard !tag.isArtifact else { return nil }
        var scanner = VersionScanner(tag.name)
        guard scanner.scan() else { return nil }
        self.tag = tag
        shape = TagShape(pattern: String(decoding: scanner.pattern, as: UTF8.self))
        numbers = scanner.numbers
        prerelease = scanner.prerelease
        revision = scanner.revision
        isDate = scanner.isDate
        span = scanner.start..<scanner.position
        isPlain =
            !isDate && (span.lowerBound == 0 || Self.plainPrefixes.contains(scanner.lowerCased(0..<span.lowerBound)))
    }

    /// What stands before the version: `v` of `v1.2`, `jammy-` of `jammy-20240501`.
    public var prefix: String { text(0..<span.lowerBound) }
    /// With pre-release and build number: `3.12`, `1.2.3-rc.1`, `9.4-20260101`.
    public var version: String { text(span) }
    /// What follows: `-slim` of `3.12-slim`.
    public var suffix: String { text(span.upperBound..<tag.name.utf8.count) }
    /// How many numbers name it: those that float, as `26`, have the fewest. Dates and versions with a name before them have
    /// more than any other.
    public var precision: Int { isPlain ? numbers.count : Int.max }
    public var isPrerelease: Bool { !prerelease.isRelease }

    private static let plainPrefixes: Set<String> = [
        "v", "release-", "release-v", "rel-", "version-", "version-v", "ver-",
    ]

    private func text(_ range: Range<Int>) -> String {
        let bytes = tag.name.utf8
        let start = bytes.index(bytes.startIndex, offsetBy: range.lowerBound)
        return String(tag.name[start..<bytes.index(start, offsetBy: range.count)])
    }

    /// Which version comes later, whatever the shapes.
    func precedence(to other: TagVersion) -> Precedence {
        let byNumbers = numbers.precedence(to: other.numbers)
        guard byNumbers == .same else { return byNumbers }
        let byPrerelease = prerelease.precedence(to: other.prerelease)
        return byPrerelease == .same ? revision.precedence(to: other.revision) : byPrerelease
    }
}

extension TagVersion: Comparable {
    public static func < (left: TagVersion, right: TagVersion) -> Bool {
        if left.shape != right.shape {
            let (leftIsPlain, rightIsPlain) = (left.isPlain, right.isPlain)
            if leftIsPlain != rightIsPlain { return rightIsPlain }
        }
        switch left.precedence(to: right) {
        case .lower: return true
        case .higher: return false
        case .same: return left.shape == right.shape ? left.tag > right.tag : left.shape > right.shape
        }
    }
}
