/// What makes a version an earlier one: `rc.1` of `1.2.3-rc.1`. Empty: it is the release itself.
/// https://semver.org/spec/v2.0.0.html#spec-item-11
struct Prerelease: Hashable, Sendable {
    enum Identifier: Hashable, Sendable {
        case number(VersionNumber)
        /// Lower-case.
        case word(String)
    }

    var identifiers: [Identifier] = []

    static let release = Prerelease()

    var isRelease: Bool { identifiers.isEmpty }

    /// Words that mean "not yet the release", where they follow the numbers of a version. Anything else there is a
    /// variant of the release, as `slim` and `alpine3.19` are.
    static let words: Set<String> = [
        "alpha", "beta", "rc", "cr", "pre", "prerelease", "preview", "dev", "snapshot", "nightly", "milestone",
        "canary",
        "ea",
    ]
    /// These only with a number: `m1`, `3.14.0a2`.
    static let shortWords: Set<String> = ["m"]
    /// And these only joined to the version's number, as Python writes them (PEP 440).
    static let joinedWords: Set<String> = ["a", "b", "c"]

    func precedence(to other: Prerelease) -> Precedence {
        if isRelease || other.isRelease { return Precedence(isRelease ? 1 : 0, other.isRelease ? 1 : 0) }
        for (left, right) in zip(identifiers, other.identifiers) where left != right {
            switch (left, right) {
            case (.number(let first), .number(let second)): return Precedence(first, second)
            case (.number, .word): return .lower
            case (.word, .number): return .higher
            case (.word(let first), .word(let second)): return Precedence(first, second)
            }
        }
        return Precedence(identifiers.count, other.identifiers.count)
    }
}
