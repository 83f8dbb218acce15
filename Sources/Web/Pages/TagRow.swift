import OCI
import Store
import TagHistory

/// A line of the overview's table.
struct TagRow: Sendable, Hashable {
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
    let updates: String
    let changes30: String
    let lastChanged: Moment?
    let digest: String?
    let digestShort: String

    init(_ tag: TrackedTag, statistics: Statistics, now: Timestamp) {
        href = Href.tag(tag.reference)
        repository = tag.reference.repository.familiar
        self.tag = tag.reference.tag.name
        badge = tag.state == .active ? nil : Badge(tag.state)
        problem = tag.lastError
        rhythm = statistics.rhythm.shortWords
        rhythmReason = Words.sentence(statistics.rhythm.reason)
        isOverdue = statistics.rhythm.overdue
        updates = Words.number(statistics.updatesInWindow)
        changes30 = Words.number(statistics.changesWithin.days30)
        lastChanged = tag.lastChangedAt.map { Moment($0, now: now) }
        digest = tag.digest?.description
        digestShort = tag.digest?.short ?? ""
    }
}
