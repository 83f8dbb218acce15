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

    /// What a reference holds that holds the text: the text itself, or where that is too short for a trigram, each form
    /// in which it can stand in a reference.
    var patterns: [String] {
        let isWord = text.allSatisfy(Self.letters.contains)
        guard text.count == 2, let first = text.first, Self.letters.contains(first) else { return ["%\(escaped)%"] }
        let neighbours = (Self.letters + Self.marks).map { String($0).escapedForLike }
        return isWord
            ? neighbours.map { "%\(escaped)\($0)%" } + ["%\(escaped)"] : neighbours.map { "%\($0)\(escaped)%" }
    }

    /// Rare in references, and no part of any trigram: an index of its own knows where it stands.
    var isUnusual: Bool {
        text.contains("_")
            || zip(text, text.dropFirst()).allSatisfy { ".-".contains($0) && ".-".contains($1) }
                && text.count > 1
    }

    var escaped: String { text.escapedForLike }
}
