import OCI
import Synchronization
import TagHistory

/// The last listings that were read, for the backfill that follows: a repository is not listed twice for it.
final class ListingMemory: Sendable {
    /// Of one repository.
    static let mostTags = 100_000
    private static let mostListings = 4
    /// Seconds.
    private static let freshFor = 900.0

    private struct Entry {
        let repository: Repository
        let members: [ListedMember]
        let readAt: Timestamp
    }

    private let entries = Mutex<[Entry]>([])

    func keep(_ members: [ListedMember], of repository: Repository, at now: Timestamp) {
        entries.withLock { entries in
            entries.removeAll { $0.repository == repository || now.seconds(since: $0.readAt) > Self.freshFor }
            if entries.count >= Self.mostListings { entries.removeFirst() }
            entries.append(Entry(repository: repository, members: members, readAt: now))
        }
    }

    func recent(of repository: Repository, at now: Timestamp) -> [ListedMember]? {
        entries.withLock { entries in
            entries.first { $0.repository == repository && now.seconds(since: $0.readAt) <= Self.freshFor }?.members
        }
    }
}
