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
                throw TagSelectionError(.keep, "\(keep)", "it is not above 0", right: "Write 1 or more.")
            }
            self.keep = keep
        }
    }

    /// Whether a tag is wanted, however many others are. An artifact never is.
    public func matches(_ tag: Tag) -> Bool {
        !tag.isArtifact && matches(tag, TagVersion(tag))
    }

    private func matches(_ tag: Tag, _ version: TagVersion?) -> Bool {
        if let range {
            guard let version, range.contains(version) else { return false }
        }
        if !globs.isEmpty, !globs.contains(where: { $0.matches(tag) }) { return false }
        if let regex, !regex.matches(tag) { return false }
        return !excludes.contains { $0.matches(tag) }
    }

    /// The wanted tags, each once, the best first: by version (see ``TagVersion``), then tags without one by name.
    public func choose(from tags: some Sequence<Tag>) -> [Tag] {
        var versions: [TagVersion] = []
        var names: [Tag] = []
        for tag in tags where !tag.isArtifact {
            let version = TagVersion(tag)
            guard matches(tag, version) else { continue }
            if let version { versions.append(version) } else { names.append(tag) }
        }
        versions.sort(by: >)
        names.sort()
        let all = versions.lazy.map(\.tag) + names.lazy.map(\.self)
        var chosen: [Tag] = []
        for tag in all where tag != chosen.last {
            if let keep, chosen.count == keep { break }
            chosen.append(tag)
        }
        return chosen
    }
}
