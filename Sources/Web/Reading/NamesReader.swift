/// Finds images in what is neither a Dockerfile nor YAML: names one a line, and commands such as `docker run`.
enum NamesReader {
    static func read(_ lines: [PastedLine], into images: inout ImageCollection) {
        var index = 0
        while index < lines.count {
            let number = lines[index].number
            var part = lines[index].trimmed
            var text = String(part)
            index += 1
            while part.last == "\\", index < lines.count {
                part = lines[index].trimmed
                text.removeLast()
                text += " " + part
                index += 1
            }
            guard !text.hasPrefix("```"), !text.hasPrefix("~~~") else { continue }
            // Lines of a compose file among others.
            if let line = YAMLLine(text.hasPrefix("- ") ? text.dropFirst(2) : text[...]) {
                if line.value.isEmpty { continue }
                if line.key == "image" { text = String(line.value) }
            }
            let words = ShellWords(withoutComment(text[...])).unquoted
            if let image = ShellCommand.image(of: words) {
                images.add(image, line: number, role: .command)
            } else if !ShellCommand.isCommand(words) {
                names(words, line: number, into: &images)
            }
        }
    }

    private static func names(_ words: [Substring], line: Int, into images: inout ImageCollection) {
        let isProse = isProse(words)
        for (index, word) in words.enumerated() {
            if index == 0, isBullet(word) { continue }
            for part in word.split(whereSeparator: { $0 == "," || $0 == ";" }) {
                let name = part.drop { "`\"'(<".contains($0) }
                let end = name.lastIndex { !"`\"')>".contains($0) }
                guard let end else { continue }
                let image = isProse ? withoutStop(name[...end]) : name[...end]
                if words.count > 1, functionWords.contains(image) { continue }
                if isProse, !isUnmistakable(image) { continue }
                images.add(image, line: line, role: .listed)
            }
        }
    }

    /// Whether a line is a sentence, not a list of names: of its words only those that no other text holds are images, as
    /// `python:3.12` or `ghcr.io/owner/app`.
    private static func isProse(_ words: [Substring]) -> Bool {
        (words.count > 4 || words.count > 2 && ".!?".contains(words.last?.last ?? " "))
            && words.contains { word in
                word.first?.isUppercase == true || ".!?:".contains(word.last ?? " ") && !isBullet(word)
                    || functionWords.contains(word)
            }
    }

    /// `python:3.12`, `owner/app`; not `and/or`, `24/7` or `10:30`.
    private static func isUnmistakable(_ word: Substring) -> Bool {
        if word.contains("://") { return ImageAddress.image(at: word) != nil }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)[0].split(separator: "/")
        return word.contains { ":/@".contains($0) }
            && parts.allSatisfy { part in part.contains(where: \.isLetter) && !functionWords.contains(part) }
    }

    private static let functionWords: Set<Substring> = [
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "from", "has", "have", "how", "if",
        "in",
        "is", "it", "my", "not", "of", "on", "or", "our", "should", "so", "than", "that", "the", "their", "them",
        "then",
        "there", "this", "to", "use", "uses", "was", "we", "were", "what", "when", "which", "why", "will", "with",
        "you", "your",
    ]

    /// Without the sentence's own marks behind it.
    private static func withoutStop(_ word: Substring) -> Substring {
        word.prefix(upTo: word.lastIndex { !".!?:".contains($0) }.map(word.index(after:)) ?? word.startIndex)
    }

    /// The mark of a list in Markdown: `-`, `*`, `+`, `1.`
    private static func isBullet(_ word: Substring) -> Bool {
        if ["-", "*", "+", "•"].contains(word) { return true }
        return word.count >= 2 && word.count <= 4 && (word.last == "." || word.last == ")")
            && word.dropLast().allSatisfy(\.isNumber)
    }

    /// `#` at the beginning or after white space.
    private static func withoutComment(_ text: Substring) -> Substring {
        var before: Character = " "
        for index in text.indices {
            if text[index] == "#", before.isWhitespace {
                // The prompt of a root shell.
                if index == text.startIndex, text.hasPrefix("# docker ") || text.hasPrefix("# podman ") {
                    return text.dropFirst(2)
                }
                return text[..<index]
            }
            before = text[index]
        }
        return text
    }
}

/// A command line that names an image.
enum ShellCommand {
    private static let tools: Set<Substring> = ["docker", "podman", "nerdctl", "buildah", "crane", "skopeo"]
    private static let verbs: Set<Substring> = ["pull", "run", "create", "inspect", "digest", "manifest", "from"]

    /// Options of `run` without a value of their own.
    private static let flags: Set<Substring> = [
        "--detach", "--interactive", "--tty", "--rm", "--init", "--privileged", "--read-only", "--publish-all",
        "--no-healthcheck", "--oom-kill-disable", "--quiet", "--all-tags", "--disable-content-trust", "--replace",
        "--sig-proxy", "--raw", "--verbose",
    ]
    private static let flagLetters = Set("ditPqa")

    static func isCommand(_ words: [Substring]) -> Bool {
        let words = command(words)
        guard let first = words.first else { return false }
        return tools.contains(first) || first == "kubectl" || first == "helm"
    }

    static func image(of words: [Substring]) -> Substring? {
        let words = command(words)
        guard let tool = words.first else { return nil }
        if tool == "kubectl" {
            return words.lazy.compactMap { $0.hasPrefix("--image=") ? $0.dropFirst(8) : nil }.first
        }
        guard tools.contains(tool), let verb = words.dropFirst().prefix(5).lastIndex(where: verbs.contains) else {
            return nil
        }
        return argument(words[(verb + 1)...])
    }

    /// Without what may stand before a command: a prompt, `sudo`, variables.
    private static func command(_ words: [Substring]) -> ArraySlice<Substring> {
        words.drop { $0 == "$" || $0 == "%" || $0 == "sudo" || $0 == "time" || isAssignment($0) }
    }

    private static func isAssignment(_ word: Substring) -> Bool {
        guard let equals = word.firstIndex(of: "="), equals > word.startIndex else { return false }
        return word[..<equals].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    /// The first word that is neither an option nor an option's value.
    private static func argument(_ words: ArraySlice<Substring>) -> Substring? {
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            index += 1
            guard word.hasPrefix("-"), word != "-" else { return word }
            if word == "--" { return index < words.endIndex ? words[index] : nil }
            if takesValue(word) { index += 1 }
        }
        return nil
    }

    private static func takesValue(_ option: Substring) -> Bool {
        if option.hasPrefix("--") { return !option.contains("=") && !flags.contains(option) }
        let letters = option.dropFirst()
        if letters.contains("=") { return false }
        // `-it` are flags; `-itp 80:80` ends in one with a value; `-p80:80` holds its own.
        guard let other = letters.firstIndex(where: { !flagLetters.contains($0) }) else { return false }
        return letters.index(after: other) == letters.endIndex
    }
}
