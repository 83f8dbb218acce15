import OCI
import Store
import TagHistory

/// How long a tag was watched here, as against how far back its history goes: what was taken in when it was first seen
/// is known, but nobody watched it.
struct Watch: Hashable, Sendable {
    let days: Double
    /// How far back the history goes, in days, where that is further than we looked.
    let knownDays: Double?

    init(_ tag: TrackedTag, _ statistics: Statistics) {
        let before = tag.firstSeenAt.map { max(0, tag.trackedSince.seconds(since: $0) / 86_400) } ?? 0
        days = max(0, statistics.observedDays - before)
        knownDays = before >= 1 && statistics.observedDays >= 1 ? statistics.observedDays : nil
    }
}
