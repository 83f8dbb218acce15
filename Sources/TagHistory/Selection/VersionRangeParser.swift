import OCI

/// Reads a range. https://github.com/npm/node-semver#range-grammar
enum VersionRangeParser {
    private static let longest = 1_000

    static func parse(_ text: some StringProtocol) throws(TagSelectionError) -> [VersionRange.Conditions] {
        guard text.utf8.count <= longest else {
            throw TagSelectionError(.semver, text, "longer than \(longest) characters", right: "a shorter one")
        }
        guard text.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7F) }) else {
            throw TagSelectionError(
                .semver, text, "it holds a character that no version holds", right: "one such as >=3.11, ^1.2 or 3")
        }
        var alternatives: [VersionRange.Conditions] = []
        // To npm an empty one is every version; here it is more likely a slip, which would select all.
        let parts = String(text).replacing("||", with: "|").split(separator: "|", omittingEmptySubsequences: false)
        for part in parts {
            if part.allSatisfy({ $0 == " " || $0 == "\t" }) {
                throw TagSelectionError(
                    .semver, text, parts.count > 1 ? "one side of || is empty" : "it is empty",
                    right: ">=1.2 <2 || 3.x, or * for every version")
            }
            alternatives.append(try conditions(part, in: text))
        }
        return alternatives
    }

    private static func conditions(
        _ part: Substring, in text: some StringProtocol
    ) throws(TagSelectionError) -> VersionRange.Conditions {
        var words = part.split { $0 == " " || $0 == "\t" || $0 == "," }
        var result = VersionRange.Conditions()
        if words.count == 3, words[1] == "-" {
            add("from", try version(words[0], in: text), to: &result)
            add("<=", try version(words[2], in: text), to: &result)
            return result
        }
        while !words.isEmpty {
            var word = words.removeFirst()
            let sign = word.prefix { "<>=!^~".contains($0) }
            word = word.dropFirst(sign.count)
            // The sign may stand alone before its version.
            if word.isEmpty, !words.isEmpty { word = words.removeFirst() }
            guard signs.contains(String(sign)) else {
                throw TagSelectionError(
                    .semver, text, "there is no sign \(sign)", right: "one of < <= > >= = != ^ ~")
            }
            add(String(sign), try version(word, in: text), to: &result)
        }
        return result
    }

    private static let signs: Set<String> = ["", "=", "==", "<", "<=", "=<", ">", ">=", "=>", "!=", "^", "~", "~>"]

    /// A version, or the beginning of one.
    private struct Partial {
        var numbers: [VersionNumber] = []
        var prerelease = Prerelease.release
        /// `1.x`, `*`
        var isOpen = false
        var isFull: Bool { !isOpen && (numbers.count >= 3 || !prerelease.isRelease) }
    }

    private static func version(
        _ word: Substring, in text: some StringProtocol
    ) throws(TagSelectionError) -> Partial {
        var partial = Partial()
        // Build metadata do not count: https://semver.org/spec/v2.0.0.html#spec-item-10
        let plain = word.prefix { $0 != "+" }
        let core = plain.prefix { $0 != "-" }
        let parts = (core.first == "v" || core.first == "V" ? core.dropFirst() : core)
            .split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            if part == "x" || part == "X" || part == "*" {
                partial.isOpen = true
            } else if !part.isEmpty, part.utf8.allSatisfy(\.isDigit), part.utf8.count <= 128 {
                // npm reads 1.x.3 as 1.x.
                if !partial.isOpen { partial.numbers.append(VersionNumber(digits: Array(part.utf8)[...])) }
            } else {
                throw notAVersion(word, text)
            }
        }
        guard core.count < plain.count else { return partial }
        for identifier in plain.dropFirst(core.count + 1).split(separator: ".", omittingEmptySubsequences: false) {
            guard !identifier.isEmpty, identifier.utf8.allSatisfy({ $0.isDigit || $0.isLetter || $0 == 0x2D }) else {
                throw notAVersion(word, text)
            }
            partial.prerelease.append(identifier)
        }
        if partial.isOpen { partial.prerelease = .release }
        return partial
    }

    private static func notAVersion(_ word: Substring, _ text: some StringProtocol) -> TagSelectionError {
        let what = word.isEmpty ? "a version is missing" : "\"\(PrintableText.excerpt(word, limit: 40))\" is no version"
        return TagSelectionError(
            .semver, text, what, right: "one such as >=3.11, ^1.2, ~1.2.3, 1.x, >=1.2 <2 || 3 or 1.2 - 1.4")
    }

    private static func add(_ sign: String, _ partial: Partial, to result: inout VersionRange.Conditions) {
        let (numbers, prerelease) = (partial.numbers, partial.prerelease)
        if !prerelease.isRelease { result.named.append(numbers) }
        guard !numbers.isEmpty else {
            if ["<", ">", "!="].contains(sign) { result.conditions.append(.never) }
            return
        }
        switch sign {
        case "<": result.conditions.append(partial.isFull ? .below(numbers, prerelease) : .before(numbers))
        case "<=", "=<": result.conditions.append(partial.isFull ? .atMost(numbers, prerelease) : .notPast(numbers))
        case ">": result.conditions.append(partial.isFull ? .above(numbers, prerelease) : .past(numbers))
        case ">=", "=>", "from": result.conditions.append(.atLeast(numbers, prerelease))
        case "^":
            result.conditions.append(.atLeast(numbers, prerelease))
            // Up to the first number that is not 0: only what comes behind it is free to move.
            let significant = (numbers.firstIndex { $0 != .zero }).map { $0 + 1 } ?? numbers.count
            result.conditions.append(.notPast(Array(numbers.prefix(significant))))
        case "~", "~>":
            result.conditions.append(.atLeast(numbers, prerelease))
            result.conditions.append(.notPast(Array(numbers.prefix(2))))
        case "!=":
            result.conditions.append(prerelease.isRelease ? .notBeginning(numbers) : .not(numbers, prerelease))
        default:
            result.conditions.append(prerelease.isRelease ? .beginning(numbers) : .exactly(numbers, prerelease))
        }
    }
}

extension Prerelease {
    /// One identifier between dots. `rc10` is told apart from `rc9` by its number, as people mean it.
    mutating func append(_ text: Substring) {
        let bytes = Array(text.utf8)
        if bytes.allSatisfy(\.isDigit) { return identifiers.append(.number(VersionNumber(digits: bytes[...]))) }
        let word = text.lowercased().prefix { !$0.isNumber }
        let digits = bytes[word.utf8.count...]
        let isKnown = Self.words.contains(String(word)) || Self.shortWords.contains(String(word))
        if isKnown, !digits.isEmpty, digits.allSatisfy(\.isDigit) {
            identifiers += [.word(String(word)), .number(VersionNumber(digits: digits))]
        } else {
            identifiers.append(.word(text.lowercased()))
        }
    }
}
