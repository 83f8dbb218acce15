import OCI
import RegistryClient
import Store
import TagHistory

/// How far a listing's pages are believed.
enum BulkPlan {
    /// What a vendor says against what is known already. A tag that the registry itself said was gone, a push that lies
    /// before the last check, which saw another digest, or a change without a time: then the registry is asked.
    static func isDoubtful(_ tag: ListedTag, digest: Digest, against claim: Claim, known: Digest?) -> Bool {
        guard let known else { return false }
        if claim.isMissing { return true }
        guard digest != known else { return false }
        guard let pushedAt = tag.pushedAt else { return true }
        return claim.lastSucceededAt.map { pushedAt <= $0 } ?? false
    }

    /// Whether the rest of a listing says nothing new: it comes newest first, as this page shows, and has got to tags that
    /// were pushed before the listing before.
    static func isOld(_ page: ListingPage, previous: Timestamp) -> Bool {
        let times = page.tags.compactMap(\.pushedAt)
        guard times.count == page.tags.count, times.count >= 20, let last = times.last, last < times[0],
            zip(times, times.dropFirst()).allSatisfy({ $0 >= $1 })
        else { return false }
        return last < ListingSchedule.oldBefore(previous: previous)
    }
}
