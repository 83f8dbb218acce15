import OCI
import TagHistory

extension Change {
    /// More than the kind's own word: which platforms, or what did not change.
    var detail: String? {
        let names = platforms.prefix(8).map(\.description).joined(separator: ", ")
        let more = platforms.count > 8 ? " and \(platforms.count - 8) more" : ""
        return switch kind {
        case .rebuild: platforms.isEmpty ? nil : "for \(names)\(more)"
        case .noop: "nothing in the layers changed" + (platforms.isEmpty ? "" : ": \(names)\(more)")
        case .platforms: platforms.isEmpty ? nil : "came or went: \(names)\(more)"
        case .metadata: "only metadata changed"
        case .first, .missing, .returned, .same: nil
        }
    }
}

extension TagPage.Change {
    /// "version 3.12.1, made 2 Jan 2026, on debian:12, revision 0123456789ab"; nil where it says nothing.
    static func says(_ facts: ImageFacts) -> String? {
        var parts: [String] = []
        if let version = facts.version { parts.append("version \(short(version))") }
        if let created = facts.created { parts.append("made \(Words.date(created))") }
        if let base = facts.baseName.map({ short($0) }) ?? facts.baseDigest?.short { parts.append("on \(base)") }
        if let revision = facts.revision {
            let isCommit = revision.count >= 40 && revision.allSatisfy(\.isHexDigit)
            parts.append("revision \(isCommit ? String(revision.prefix(12)) : short(revision))")
        }
        return parts.isEmpty ? nil : "Says of itself: " + parts.joined(separator: ", ")
    }

    private static func short(_ text: String) -> String { text.count <= 80 ? text : text.prefix(80) + "…" }
}
