import Logging
import OCI
import RegistryClient
import Store
import Synchronization

/// Writes down what requests were spent on: every few seconds, not per request, and a last time at the end.
final class RequestBook: Sendable {
    private let store: TagStore
    private let digests: DigestService
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    /// Taken from the service and not in the database yet.
    private let unwritten = Mutex<[SpentRequests]>([])

    static let rhythm: Duration = .seconds(5)

    init(store: TagStore, digests: DigestService, clock: @escaping @Sendable () -> Timestamp, logger: Logger) {
        self.store = store
        self.digests = digests
        self.clock = clock
        self.logger = logger
    }

    /// Until the task is cancelled.
    func keep() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.rhythm)
            // While the database is away the counts wait; that it is away is told elsewhere.
            try? await write()
        }
    }

    /// Also from a task that is cancelled: then this is the last occasion.
    func close() async {
        await Task {
            for _ in 0..<4 {
                do { return try await write() } catch { try? await Task.sleep(for: .milliseconds(500)) }
            }
            let lost = unwritten.withLock { $0.reduce(0) { $0 + $1.count } }
            logger.warning("the count of \(lost) requests could not be written down: the database cannot be used")
        }.value
    }

    private func write() async throws {
        let taken = digests.takeRequestCounts().compactMap { count -> SpentRequests? in
            guard let kind = RequestKind(rawValue: count.purpose.rawValue) else { return nil }
            return SpentRequests(registry: count.registry, host: count.host, kind: kind, count: count.count)
        }
        let due = unwritten.withLock { unwritten in
            defer { unwritten = [] }
            return unwritten + taken
        }
        do { try await store.count(due, at: clock()) } catch {
            unwritten.withLock { $0 += due }
            throw error
        }
    }
}
