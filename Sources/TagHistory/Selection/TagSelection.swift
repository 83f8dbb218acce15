public import OCI

/// Which of a repository's tags are wanted: those that satisfy all of what is given.
public struct TagSelection: Hashable, Sendable {
    /// Any of these; without one, all tags.
    public var globs: [TagPattern] = []
    public var regex: TagPattern?
    public var range: VersionRange?
    /// None of these.
    public var excludes: [TagPattern] = []
    /// At most so many, the best first.
    public var keep: Int?

    /// All tags but artifacts.
    public init() {}

    /// - Throws: ``TagSelectionError``, which says what is wrong and what would be right.
    public init(
        globs: [String] = [], regex: String? = nil, semver: String? = nil, excludes: [String] = [], keep: Int? = nil
    ) throws(TagSelectionError) {
        for glob in globs { self.globs.append(try TagPattern(glob: glob)) }
        if let regex { self.regex = try TagPattern(regex: regex) }
        if let semver { range = try VersionRange(parsing: semver) }
        for glob in excludes { self.excludes.append(try TagPattern(glob: glob)) }
        if let keep {
            guard keep > 0 else {
                throw TagSelectionError(.keep, "\(keep)", "it is not above 0", right: "1 or more")
            }
            self.keep = keep
        }
    }

    /// Whether a tag is wanted, however many others are. An artifact never is.
    public func matches(_ tag: Tag) -> Bool {
        var run = Run(self)
        return !tag.isArtifact && run.matches(tag, TagVersion(tag))
    }

    /// The wanted tags, each once, the best first: by version (see ``TagVersion``), then tags without one by name.
    public func choose(from tags: some Sequence<Tag>) -> [Tag] {
        var run = Run(self)
        var versions: [TagVersion] = []
        var names: [Tag] = []
        for tag in tags where !tag.isArtifact {
            let version = TagVersion(tag)
            guard run.matches(tag, version) else { continue }
            if let version { versions.append(version) } else { names.append(tag) }
        }
        names.sort()
        var chosen: [Tag] = []
        for tag in Self.bestFirst(versions) + names where tag != chosen.last {
            if let keep, chosen.count == keep { break }
            chosen.append(tag)
        }
        return chosen
    }

    /// The patterns at work.
    private struct Run {
        private let range: VersionRange?
        private var globs: [PatternProgram.Matcher]
        private var regex: PatternProgram.Matcher?
        private var excludes: [PatternProgram.Matcher]

        init(_ selection: TagSelection) {
            range = selection.range
            globs = selection.globs.map { .init($0.program) }
            regex = selection.regex.map { .init($0.program) }
            excludes = selection.excludes.map { .init($0.program) }
        }

        mutating func matches(_ tag: Tag, _ version: TagVersion?) -> Bool {
            if let range {
                guard let version, range.contains(version) else { return false }
            }
            let bytes = Array(tag.name.utf8)
            if !globs.isEmpty, !globs.indices.contains(where: { globs[$0].matches(bytes) }) { return false }
            if regex?.matches(bytes) == false { return false }
            return !excludes.indices.contains { excludes[$0].matches(bytes) }
        }
    }

    /// Most versions differ in their first numbers, which are quickly compared.
    private static func bestFirst(_ versions: [TagVersion]) -> [Tag] {
        struct Key {
            let isPlain: Bool
            let first, second, third: UInt64
            let index: Int
        }
        let keys = versions.enumerated().map { index, version in
            func number(_ place: Int) -> UInt64 {
                place < version.numbers.count ? version.numbers[place].small ?? .max : 0
            }
            return Key(
                isPlain: version.isPlain, first: number(0), second: number(1), third: number(2), index: index)
        }
        return keys.sorted { left, right in
            if left.isPlain != right.isPlain { return left.isPlain }
            if left.first != right.first { return left.first > right.first }
            if left.second != right.second { return left.second > right.second }
            if left.third != right.third { return left.third > right.third }
            return versions[left.index] > versions[right.index]
        }.map { versions[$0.index].tag }
    }
}
