import OCI
import RegistryClient
import Store
import Synchronization

/// When a listing is worth its requests.
enum BulkPlan {
    /// A few tags are asked for one by one: their HEADs are the truth, and cost no more than a listing.
    static let fewTags = 3

    /// - Parameters:
    ///   - due: tags of the repository that are due.
    ///   - requests: what the last whole listing took; nil where there was none.
    static func isWorthwhile(due: Int, requests: Int?) -> Bool { due > fewTags && (requests ?? 1) < due }

    /// What a vendor says against what is known already. A tag that the registry itself said was gone, a push that lies
    /// before the last check, which saw another digest, or a change without a time: then the registry is asked.
    static func isDoubtful(_ tag: ListedTag, digest: Digest, against claim: Claim) -> Bool {
        guard let current = claim.digest else { return false }
        if claim.isMissing { return true }
        guard digest != current else { return false }
        guard let pushedAt = tag.pushedAt else { return true }
        return claim.lastSucceededAt.map { pushedAt <= $0 } ?? false
    }
}

/// Until when this worker asks for a repository's tags one by one. Tags that a listing left out stay due, and shall not
/// bring about the next one.
final class BulkMemory: Sendable {
    /// Far more repositories than a worker lists within an interval.
    private static let most = 10_000
    private let notBefore = Mutex<[Repository: Timestamp]>([:])
    /// Found being listed by another worker.
    private let others = Mutex<Set<Repository>>([])

    func noteOther(_ repository: Repository) {
        others.withLock { others in
            if others.count >= Self.most { others.removeAll() }
            others.insert(repository)
        }
    }

    func takeOther(_ repository: Repository) -> Bool { others.withLock { $0.remove(repository) != nil } }

    func mayList(_ repository: Repository, at now: Timestamp) -> Bool {
        notBefore.withLock { $0[repository].map { $0 <= now } ?? true }
    }

    func note(_ repository: Repository, notBefore time: Timestamp) {
        notBefore.withLock { notBefore in
            if notBefore.count >= Self.most { notBefore.removeAll() }
            notBefore[repository] = time
        }
    }
}
