import Synchronization

/// Values that run out: each is made anew in time, by one asker at a time, and what failed is left alone for a while.
final class Renewed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    struct Fresh: Sendable {
        let value: Value
        /// How long it may be handed out.
        let lifetime: Duration
    }

    private struct Entry {
        var result: Result<Value, CheckFailure>
        var until: Duration
        var failures = 0
    }

    private let most: Int
    private let time: TimeSource
    private let entries = Mutex<[Key: Entry]>([:])
    private let inFlight = InFlight<Key, Result<Value, CheckFailure>>()

    /// - Parameter most: entries kept; where names that visitors typed lead to keys, there must be an end.
    init(most: Int = 256, time: TimeSource) {
        self.most = most
        self.time = time
    }

    func value(
        for key: Key, _ make: () async throws(CheckFailure) -> Fresh
    ) async throws(CheckFailure) -> Value {
        let now = time.now()
        if let entry = entries.withLock({ $0[key] }), now < entry.until { return try entry.result.get() }
        let result = await inFlight.value(for: key) { () async -> Result<Value, CheckFailure>? in
            do throws(CheckFailure) {
                let fresh = try await make()
                keep(.success(fresh.value), for: key, fresh.lifetime)
                return .success(fresh.value)
            } catch {
                if error.code == .cancelled, Task.isCancelled { return nil }
                keep(error, for: key)
                return .failure(error)
            }
        }
        guard let result else { throw CheckFailure(.cancelled, "the check was cancelled") }
        return try result.get()
    }

    /// Forgets a value that turned out to be no good any more.
    func drop(_ key: Key) {
        entries.withLock { entries in
            if case .success? = entries[key]?.result { entries[key] = nil }
        }
    }

    private func keep(_ result: Result<Value, CheckFailure>, for key: Key, _ lifetime: Duration) {
        let until = time.now() + lifetime
        entries.withLock { entries in
            if entries.count >= most { entries.removeAll() }
            entries[key] = Entry(result: result, until: until)
        }
    }

    /// A minute at first, an hour at most. What passes by itself is the host's backoff's matter.
    private func keep(_ failure: CheckFailure, for key: Key) {
        guard [.unauthorized, .configuration, .badAnswer, .notFound, .tooLarge].contains(failure.code) else { return }
        let now = time.now()
        entries.withLock { entries in
            if entries.count >= most { entries.removeAll() }
            let failures = entries[key]?.failures ?? 0
            let pause = min(Duration.seconds(60) * (1 << min(failures, 6)), .seconds(3_600))
            entries[key] = Entry(result: .failure(failure), until: now + pause, failures: failures + 1)
        }
    }
}
