import LibPQ

/// What somebody looks for in references, and how an index of trigrams can find it.
struct SearchText {
    /// Lower-case.
    let text: String

    init(_ text: String) { self.text = text.lowercased() }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    private static let marks = Array("._-/:@?[]")

    /// False where no reference can hold it, by their grammar.
    var isPossible: Bool { text.allSatisfy { Self.letters.contains($0) || Self.marks.contains($0) } }

    var pattern: String { "%\(escaped)%" }

    /// The text as it stands across the end of a repository's name and the beginning of a tag.
    private var halves: (repository: Substring, tag: Substring)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let tag = text[text.index(after: colon)...]
        return tag.contains("/") ? nil : (text[..<colon], tag)
    }

    /// Whether the repository's name alone does not tell that a reference holds the text.
    var isAcross: Bool { halves != nil }

    /// Whether it can only stand in a registry's, a repository's or a tag's own name, and not across two of them.
    var isWithinNames: Bool { !text.contains { "/:".contains($0) } }

    /// What the index on names has where the text is not found by the name of its repository: the text, or where that is
    /// too short for a trigram, each form in which it can stand in a tag. Empty where no tag can hold it.
    var tagPatterns: [String] {
        if let halves {
            return halves.repository.isEmpty ? [Self.indexed(halves.tag).map { $0 + "%" }].compactMap(\.self) : []
        }
        guard let indexed = Self.indexed(text[...]) else { return [] }
        guard indexed.count == 2 else { return ["%\(indexed)%"] }
        return Self.patterns(of: indexed, before: Self.letters)
    }

    /// The same as it is written, for LIKE.
    var tagPattern: String { halves.map { "\($0.tag.escapedForLike)%" } ?? pattern }

    /// As the index spells it: marks are letters there, or versions would have no trigrams. Nil where no tag can hold it.
    private static func indexed(_ text: Substring) -> String? {
        let marks: [Character: Character] = [".": "x", "_": "z", "-": "j"]
        let letters = text.compactMap { marks[$0] ?? (Self.letters.contains($0) ? $0 : nil) }
        return letters.count == text.count ? String(letters) : nil
    }

    /// The repositories whose names hold the text, or end with what stands before the tag.
    struct Repositories {
        /// Of the name within the registry.
        var paths: [String]
        /// Of the registry's name alone.
        var registry: String?
        /// Of both, where the text has a slash between them.
        var parted: Parted?
        struct Parted {
            var registry: String
            var paths: [String]
            /// What all of the paths begin with, as they are written.
            var begin: String
        }

        /// Whether the paths are too short for a trigram, so that all are read.
        var areShort: Bool
    }

    /// Two letters are no trigram, but with each that may follow they are; a mark and a letter are the beginning of a word,
    /// which is one.
    private var pathPatterns: [String] {
        guard text.count == 2, text.allSatisfy(Self.letters.contains) else { return [pattern] }
        return Self.patterns(of: text, before: Self.letters + "._-/")
    }

    private var isTwoWithLetterLast: Bool { text.count == 2 && text.last.map(Self.letters.contains) ?? false }

    /// For each form in which a text of letters stands before one of the characters, or at the end.
    private static func patterns(of text: String, before following: [Character]) -> [String] {
        following.map { "%\(text)\(String($0).escapedForLike)%" } + ["%\(text)"]
    }

    var repositories: Repositories {
        let ending = halves.flatMap { $0.repository.isEmpty ? nil : $0.repository }
        var found = Repositories(
            paths: pathPatterns + (ending.map { ["%" + $0.escapedForLike] } ?? []),
            registry: text.contains("/") ? nil : pattern,
            areShort: ending.map { $0.count < 3 } ?? (text.count < 3 && !isTwoWithLetterLast))
        if let slash = text.firstIndex(of: "/") {
            let path = text[text.index(after: slash)...]
            found.parted = .init(
                registry: "%" + text[..<slash].escapedForLike, paths: [path.escapedForLike + "%"], begin: String(path))
            if let ending, ending.contains("/") {
                let path = ending[ending.index(after: slash)...]
                found.parted?.paths.append(path.escapedForLike)
                found.parted?.begin = String(path)
            }
        }
        return found
    }

    var escaped: String { text.escapedForLike }
}
