import OCI
import Store
import TagHistory

/// How long a tag was watched, as against how far back its history goes: what was taken in when it was first seen
/// is known, but nobody watched it. What checks found, and came back by an import of our own export, was watched.
struct Watch: Hashable, Sendable {
    let days: Double
    /// Whether our own checks have found it at all.
    let isBegun: Bool
    /// How far back the history goes, in days, where that is further than we looked.
    let knownDays: Double?

    init(_ record: TagRecord, _ statistics: Statistics) {
        let own = Pulse.ownSince(record.history, firstSeenAt: record.firstSeenAt)
        let since = Pulse.watchedSince(tracked: record.tag.trackedSince, own: own)
        let before = record.firstSeenAt.map { max(0, since.days(since: $0)) } ?? 0
        days = max(0, statistics.observedDays - before)
        isBegun = days > 0 || own != nil
        knownDays = before >= 1 && statistics.observedDays >= 1 ? statistics.observedDays : nil
    }
}
