import OCI
import Store
import Synchronization

/// The newest known status of the store.
final class StatusCache: Sendable {
    /// Longer, and somebody who just tracked a tag would wonder.
    private static let seconds = 3.0
    private let kept = Mutex<(status: StoreStatus, at: Timestamp)?>(nil)

    func status(at now: Timestamp) -> StoreStatus? {
        kept.withLock { kept in
            guard let kept, abs(now.seconds(since: kept.at)) < Self.seconds else { return nil }
            return kept.status
        }
    }

    func keep(_ status: StoreStatus, at now: Timestamp) {
        kept.withLock { $0 = (status, now) }
    }
}
