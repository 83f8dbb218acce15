import OCI
import RegistryClient
import Store

/// When a listing is worth its requests.
enum BulkPlan {
    /// A few tags are asked for one by one: their HEADs are the truth, and cost no more than a listing.
    static let fewTags = 3

    /// - Parameters:
    ///   - counts: of the repository's tags.
    ///   - requests: what the last whole listing took; nil where there was none.
    static func isWorthwhile(_ counts: TagCounts, requests: Int?) -> Bool {
        counts.due > fewTags && (requests ?? 1) < counts.tracked
    }

    /// What a vendor says against what is known already. A tag that the registry itself said was gone, a push that lies
    /// before the last check, which saw another digest, or a change without a time: then the registry is asked.
    static func isDoubtful(_ tag: ListedTag, digest: Digest, against claim: Claim) -> Bool {
        guard let current = claim.digest else { return false }
        if claim.isMissing { return true }
        guard digest != current else { return false }
        guard let pushedAt = tag.pushedAt else { return true }
        return claim.lastSucceededAt.map { pushedAt <= $0 } ?? false
    }

    /// Whether the rest of a listing says nothing new: it comes newest first, as this page shows, and has got to tags that
    /// were pushed before the listing before; well before, because push times are the vendor's and may come late.
    static func isOld(_ page: ListingPage, previous: Timestamp) -> Bool {
        let times = page.tags.compactMap(\.pushedAt)
        guard times.count == page.tags.count, times.count >= 20, let last = times.last, last < times[0],
            zip(times, times.dropFirst()).allSatisfy({ $0 >= $1 })
        else { return false }
        return last < previous.advanced(bySeconds: -margin)
    }

    /// Seconds.
    private static let margin = 900.0
}
