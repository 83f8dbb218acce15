import OCI
import Store
import TagHistory

/// A tag as a line of a table: what its rhythm is and why, and its last 52 weeks.
///
/// HTML like a drawing, and made like one: the cells take a template's engine as long as all the rest of
/// a list's page.
struct TagRow: Sendable, Hashable {
    let reference: TagReference
    /// What names it, for the row's head.
    let head: String
    /// The other cells.
    let cells: String
    let rhythm: Rhythm.Word?

    /// The whole row.
    var html: String {
        "<tr role=\"row\">\n<th scope=\"row\" role=\"rowheader\" class=\"name\">\(head)</th>\n\(cells)</tr>\n"
    }

    /// What a row is made from. A minute's end, and what nobody sees in it, is not waited for.
    struct Key: Hashable, Sendable {
        private let id: Int32
        private let state: TagState
        private let digest: Digest?
        private let pulse: Pulse?
        private let firstSeenAt: Timestamp?
        private let lastChangedAt: Timestamp?
        private let lastError: String?
        private let minute: Int64

        init(_ tag: TrackedTag, now: Timestamp) {
            id = tag.id
            state = tag.state
            digest = tag.digest
            pulse = tag.pulse
            firstSeenAt = tag.firstSeenAt
            lastChangedAt = tag.lastChangedAt
            lastError = tag.lastError
            minute = now.microseconds / 60_000_000
        }

        /// A tag has few different rows at a time: the rest, half a kilobyte, is compared alone.
        func hash(into hasher: inout Hasher) {
            hasher.combine(id)
            hasher.combine(minute)
        }
    }

    init(_ judged: JudgedTag, now: Timestamp) {
        let (tag, judgement) = (judged.tag, judged.judgement)
        reference = tag.reference
        let strip = Strip(
            judged.pulse, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt,
            trackedSince: tag.trackedSince, axis: .year(to: now))
        let drawing = StripDrawing(row: strip, id: "s\(tag.id)", title: "Updates of \(tag.reference.familiar)")
        let rhythm = judgement.rhythm
        self.rhythm = rhythm.word
        let age = Words.digestAge(tag, judged.pulse, now: now).map { $0 + " old" }
        let lastUpdate = judgement.daysSinceLastUpdate.map {
            Words.lastUpdate($0, between: judgement.daysSinceLastUpdateBetween)
        }
        let word =
            rhythm.shortWords.xml + (rhythm.isLate ? " " + Badge(label: "overdue", style: "warn").html : "")
            + Self.small(rhythm.evidence.words)
        head = Self.head(tag)
        cells =
            Markup.cell(word, "rhythm") + Markup.cell(Self.value(age, unit: "digest", otherwise: "–"), "age")
            + Markup.cell(Self.value(lastUpdate, unit: "updated", otherwise: "no update"), "last")
            + Markup.cell(drawing.svg + Self.small(Words.sentence(rhythm.explanation)), "weeks")
    }

    /// The head of its last column.
    static func weeksHead(at now: Timestamp) -> String {
        "<th scope=\"col\" role=\"columnheader\" class=\"weeks\"><span class=\"hidden\">The last 52 weeks</span>"
            + StripDrawing.axis(.year(to: now)) + "</th>\n"
    }

    private static func head(_ tag: TrackedTag) -> String {
        let repository = Markup.span(tag.reference.repository.familiar, "repository")
        let name = Markup.span(":" + tag.reference.tag.name, "tag")
        // Calm is the rule: a healthy tag has no badge.
        return "<a href=\"\(Href.tag(tag.reference).xml)\">\(repository)<wbr>\(name)</a>"
            + (tag.state == .active ? "" : " " + Badge(tag).html)
            + (tag.lastError.map(small) ?? "")
    }

    private static func small(_ text: String) -> String { Markup.span(text, "reason") }

    /// - Parameter unit: what it tells of, where the column's head is out of sight.
    private static func value(_ text: String?, unit: String, otherwise: String) -> String {
        guard let text else { return Markup.span(otherwise, "none") }
        return Markup.span(unit + " ", "unit") + text.xml
    }
}

extension Rhythm.Evidence {
    var words: String {
        switch self {
        case .none: "no update seen yet"
        case .thin: "thin evidence"
        case .good: "good evidence"
        case .strong: "strong evidence"
        }
    }
}

extension Site {
    /// Rows for tags; the database is asked for those that were not made in this minute.
    func rows(_ tags: [TrackedTag], at now: Timestamp) async throws -> [TagRow] {
        let keys = tags.map { TagRow.Key($0, now: now) }
        var made = keys.map { rows[$0] }
        let missing = tags.indices.filter { made[$0] == nil }
        if !missing.isEmpty {
            for (index, judged) in zip(missing, try await store.judged(missing.map { tags[$0] }, asOf: now)) {
                let row = TagRow(judged, now: now)
                rows[keys[index]] = row
                made[index] = row
            }
        }
        return made.compactMap(\.self)
    }
}
