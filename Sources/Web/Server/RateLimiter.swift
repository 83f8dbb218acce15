import OCI
import Synchronization

/// A token bucket for each client, in bounded memory.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var refilledAt: Timestamp
    }

    private struct State {
        var young: [String: Bucket] = [:]
        var old: [String: Bucket] = [:]
    }

    private let burst: Double
    private let perSecond: Double
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - burst: how many requests at once.
    ///   - perSecond: how many in the long run.
    ///   - capacity: of how many clients it remembers at least; twice as many at most.
    init(burst: Double = 60, perSecond: Double = 0.5, capacity: Int = 10_000) {
        self.burst = burst
        self.perSecond = perSecond
        self.capacity = capacity
    }

    /// Takes tokens, all or none.
    /// - Parameter count: no more than a burst.
    /// - Returns: nil, or in how many seconds there are enough.
    func take(_ client: String, count: Int = 1, at now: Timestamp) -> Int? {
        state.withLock { state in
            var bucket = state.young[client] ?? state.old[client] ?? Bucket(tokens: burst, refilledAt: now)
            let elapsed = max(0, now.seconds(since: bucket.refilledAt))
            bucket.tokens = min(burst, bucket.tokens + elapsed * perSecond)
            bucket.refilledAt = max(bucket.refilledAt, now)
            let missing = Double(count) - bucket.tokens
            let wait = missing <= 0 ? nil : Int((missing / perSecond).rounded(.up))
            if wait == nil { bucket.tokens -= Double(count) }
            if state.young.count >= capacity, state.young[client] == nil {
                // Who was not seen while this many others came is forgotten.
                state.old = state.young
                state.young = [:]
            }
            state.young[client] = bucket
            return wait
        }
    }
}
