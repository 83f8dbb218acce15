import Logging
import OCI
import ServiceLifecycle
import Store
import Synchronization

/// Which tags somebody looked at, written down for many at a time: a look is no reason for anybody to wait for a disk.
final class ViewLog: Service {
    private let store: TagStore
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    /// When a look was last taken note of.
    private let noted = RecentCache<TagReference, Timestamp>(capacity: 10_000)
    private let waiting = Mutex<Set<TagReference>>([])

    /// Seconds in which another look at the same tag is not written down.
    private static let looksLast = 43_200.0
    /// More wait nowhere: while the database is away, they are noted by the next look.
    private static let mostWaiting = 10_000

    init(store: TagStore, clock: @escaping @Sendable () -> Timestamp, logger: Logger) {
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Looking keeps tags from being retired; it wakes none.
    func note(_ tags: some Sequence<TrackedTag>, at now: Timestamp) {
        for tag in tags where tag.state != .untracked {
            if let last = noted[tag.reference], now.seconds(since: last) < Self.looksLast { continue }
            let isTaken = waiting.withLock { waiting in
                guard waiting.count < Self.mostWaiting else { return false }
                waiting.insert(tag.reference)
                return true
            }
            if isTaken { noted[tag.reference] = now }
        }
    }

    /// Writes once a second, and what is left when it is told to stop.
    func run() async {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                await write()
            }
        }
        await write()
    }

    func write() async {
        let references = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        do { try await store.noteViewed(Array(references), at: clock()) } catch {
            waiting.withLock { waiting in
                for reference in references where waiting.count < Self.mostWaiting { waiting.insert(reference) }
            }
            logger.debug("views were not written down", metadata: ["error": "\(error)"])
        }
    }
}
