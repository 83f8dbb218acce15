import OCI
import Store
import TagHistory

/// A tag as a line of a table: what its rhythm is, and its last 52 weeks.
struct TagRow: Sendable, Hashable {
    let reference: TagReference
    let href: String
    let repository: String
    let tag: String
    /// Nil for a healthy tag: calm is the rule.
    let badge: Badge?
    /// Why it fails.
    let problem: String?
    let rhythm: String
    let rhythmReason: String
    let isOverdue: Bool
    let evidence: String
    /// The last 52 weeks, drawn.
    let strip: String
    let digest: String?
    /// How old the newest digest is.
    let age: String?
    let lastUpdate: String?

    /// What a row is made from. A minute's end, and what nobody sees in it, is not waited for.
    struct Key: Hashable, Sendable {
        private let id: Int32
        private let state: TagState
        private let digest: Digest?
        private let lastChangedAt: Timestamp?
        private let lastError: String?
        private let minute: Int64

        init(_ tag: TrackedTag, now: Timestamp) {
            id = tag.id
            state = tag.state
            digest = tag.digest
            lastChangedAt = tag.lastChangedAt
            lastError = tag.lastError
            minute = now.microseconds / 60_000_000
        }
    }

    init(_ tag: TrackedTag, history: [Change], statistics: Statistics, now: Timestamp) {
        reference = tag.reference
        href = Href.tag(tag.reference)
        repository = tag.reference.repository.familiar
        self.tag = tag.reference.tag.name
        badge = tag.state == .active ? nil : Badge(tag.state)
        problem = tag.lastError
        rhythm = statistics.rhythm.shortWords
        rhythmReason = Words.sentence(statistics.rhythm.reason)
        // What came to its end is not late.
        isOverdue = statistics.rhythm.overdue && ![.stopped, .superseded].contains(statistics.rhythm.word)
        evidence = statistics.rhythm.evidence.words
        let strip = Strip(
            history: history, firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt, now: now,
            axis: .year(to: now))
        self.strip = StripDrawing(row: strip, id: "s\(tag.id)", title: "Updates of \(tag.reference.familiar)").svg
        digest = tag.digest?.description
        age = (tag.lastChangedAt ?? tag.firstSeenAt).map { Words.days(max(0, now.days(since: $0))) + " old" }
        lastUpdate = statistics.daysSinceLastUpdate.map { "\(Words.days($0)) ago" }
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
    /// Rows for tags, with one or two statements for those that were not made in this minute.
    func rows(_ tags: [TrackedTag], at now: Timestamp) async throws -> [TagRow] {
        let keys = tags.map { TagRow.Key($0, now: now) }
        var made = keys.map { rows[$0] }
        let missing = tags.indices.filter { made[$0] == nil }
        if !missing.isEmpty {
            let histories = try await store.histories(of: missing.map { tags[$0].id })
            let records = missing.map { TagRecord(tags[$0], history: histories[tags[$0].id] ?? []) }
            let statistics = try await store.statistics(of: records, asOf: now)
            for (index, (record, statistics)) in zip(missing, zip(records, statistics)) {
                let row = TagRow(tags[index], history: record.history, statistics: statistics, now: now)
                rows[keys[index]] = row
                made[index] = row
            }
        }
        return made.compactMap(\.self)
    }
}
