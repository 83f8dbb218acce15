/// What is wrong with a setting's value, and what would be right.
struct BadValue: Error, Equatable {
    /// Follows the value: "is not a duration".
    let problem: String
    /// An example or a list of what may stand there.
    let right: String
    /// The value may hold a secret, so it must not be shown.
    let hidesValue: Bool

    init(_ problem: String, right: String, hidesValue: Bool = false) {
        self.problem = problem
        self.right = right
        self.hidesValue = hidesValue
    }
}

/// Everything that is wrong with the settings, a line each. No line shows a secret.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let problems: [String]

    var description: String { problems.joined(separator: "\n") }
}

extension StringProtocol {
    var trimmingWhitespace: String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }

    /// For messages: one line, not too long, control characters made visible.
    var shown: String {
        let text = prefix(100).unicodeScalars.map {
            $0.value < 0x20 || $0.value == 0x7f ? $0.escaped(asASCII: true) : String($0)
        }
        return "\"" + text.joined() + (dropFirst(100).isEmpty ? "" : "…") + "\""
    }

    /// Of the known names the one that was probably meant: at most a third of its letters differ.
    func nearest(among names: some Sequence<String>) -> String? {
        let mine = Array(lowercased())
        return names.map { ($0, Self.distance(mine, Array($0.lowercased()))) }
            .filter { $0.1 <= Swift.max(1, $0.0.count / 3) }
            .min { $0.1 < $1.1 }?.0
    }

    /// Levenshtein's distance: the insertions, deletions and replacements that make one of the other.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                (diagonal, row[j + 1]) = (
                    row[j + 1], Swift.min(diagonal + (a == b ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                )
            }
        }
        return row[right.count]
    }
}
