import OCI
import TagHistory

/// What a strip says to those who point at it, hear it or read its table.
extension Strip {
    /// `50 updates and 3 other changes from 22 Nov 2025 to 21 Nov 2026. …`
    var summary: String {
        var sentences = [
            "\(updates == 0 ? "No update" : Words.count(updates, "update"))"
                + (others > 0 ? " and \(Words.count(others, "other change"))" : "")
                + " from \(Words.date(axis.start)) to \(Words.date(axis.end))."
        ]
        if toldUpdates > 0 {
            sentences.append(
                toldUpdates == updates
                    ? "None of them was seen by our own checks."
                    : "\(Words.number(toldUpdates)) of them \(toldUpdates == 1 ? "was" : "were") not seen by our own checks."
            )
        }
        let gaps = stretches.filter { $0.kind == .unobserved }
        if let first = gaps.first {
            sentences.append(
                gaps.count == 1
                    ? "Nobody looked \(first.words)." : "Nobody looked in \(Words.number(gaps.count)) stretches of it.")
        }
        let missing = stretches.filter { $0.kind == .missing }
        if let first = missing.first {
            sentences.append(
                missing.count == 1
                    ? "Missing in the registry \(first.words)."
                    : "Missing in the registry \(Words.number(missing.count)) times.")
        }
        return sentences.joined(separator: " ")
    }

    /// One line of the table that says the same.
    struct Row: Hashable, Sendable {
        let when: String
        let what: String
        /// Where it is known from.
        let source: String
    }

    /// Newest first: as many as there are marks and stretches, a few hundred at most.
    var rows: [Row] {
        var rows = marks.map { ($0.start, Row(when: $0.when, what: $0.what, source: $0.told ?? "our checks")) }
        for stretch in stretches {
            switch stretch.kind {
            case .unobserved: rows.append((stretch.start, Row(when: stretch.words, what: "nobody looked", source: "")))
            case .missing:
                rows.append(
                    (
                        stretch.start,
                        Row(when: stretch.words, what: "missing", source: stretch.isOwn ? "our checks" : "imported")
                    ))
            case .told, .watched: continue
            }
        }
        if let firstSeenAt {
            rows.append((firstSeenAt, Row(when: Words.date(firstSeenAt), what: "first seen", source: "")))
        }
        return rows.enumerated().sorted { ($0.element.0, $0.offset) > ($1.element.0, $1.offset) }.map(\.element.1)
    }
}

extension Strip.Mark {
    /// For a tool tip: `Update, 3 Mar 2026`, `12 updates, 3 to 28 Mar 2026, told by the registry`
    var label: String {
        "\(Words.capital(what)), \(when)" + (told.map { ", \($0)" } ?? "")
    }

    var what: String {
        if isUpdate { return count == 1 ? "update" : Words.count(count, "update") }
        return count == 1 ? "other change" : Words.count(count, "other change")
    }

    var when: String {
        if let span { return "between \(Words.dates(span.lowerBound, span.upperBound, joint: "and"))" }
        return Words.dates(start, end, joint: "to")
    }

    /// Where it is known from, if not from our own checks.
    var told: String? {
        if isOwn { return nil }
        switch source {
        case .observed: return nil
        case .registry: return "told by the registry"
        case .sibling: return "by a dated tag of the same digest"
        case .metadata: return "by the image’s build time, about"
        case .imported: return "imported"
        case nil: return "not seen by our own checks"
        }
    }
}

extension Strip.Stretch {
    /// `from 3 to 28 Mar 2026`
    var words: String { "from \(Words.dates(start, end, joint: "to"))" }

    var label: String {
        switch kind {
        case .unobserved: "Nobody looked \(words)"
        case .told: "Known from others alone \(words)"
        case .watched: "Watched \(words)"
        case .missing: "Missing in the registry \(words)"
        }
    }
}
