import OCI
import Synchronization

/// Something that is the same for all visitors and costs much: known at once and made anew beside the requests.
///
/// Where making it is quick, nobody sees an old one; where it takes long, nobody waits for it who can have one that is a
/// minute older, and it takes no more than a twentieth of the time.
final class Refreshed<Value: Sendable>: Sendable {
    private struct State {
        var kept: (value: Value, at: Timestamp)?
        /// How long the last making took, in seconds.
        var duration = 0.0
        var making: Task<Value, any Error>?

        /// - Parameter respite: how long one that is not good any more may still be shown, in seconds.
        func kept(at now: Timestamp, seconds: Double, respite: Double = 0) -> Value? {
            kept.flatMap {
                abs(now.seconds(since: $0.at)) < max(seconds, 20 * duration) + respite ? $0.value : nil
            }
        }
    }

    private static var respite: Double { 60 }

    private let state = Mutex(State())
    private let seconds: Double
    private let make: @Sendable (Timestamp) async throws -> Value

    private let quick: Double

    /// - Parameters:
    ///   - seconds: how long one is good.
    ///   - quick: seconds for which one is waited for where there is an older one.
    init(
        every seconds: Double, quick: Double = 0.03, _ make: @escaping @Sendable (Timestamp) async throws -> Value
    ) {
        self.seconds = seconds
        self.quick = quick
        self.make = make
    }

    /// - Throws: where there is none yet, or a quick making failed.
    func value(at now: Timestamp) async throws -> Value {
        let (kept, making) = begin(at: now)
        guard let making else {
            if let kept { return kept }
            return try await make(now)
        }
        // What was quick before may take long this time.
        if let older = older(at: now), try await !isMade(within: .seconds(quick)) {
            return older
        }
        return try await making.value
    }

    /// Without waiting for long: a task's value cannot be waited for any less, so this looks again and again.
    /// - Returns: an older one, or nil where there is none, if making one takes longer or fails.
    func value(at now: Timestamp, within limit: Duration) async throws -> Value? {
        let (kept, making) = begin(at: now)
        guard making != nil else { return kept }
        _ = try await isMade(within: older(at: now) == nil ? limit : min(limit, .seconds(quick)))
        return older(at: now)
    }

    private func older(at now: Timestamp) -> Value? {
        state.withLock { $0.kept(at: now, seconds: seconds, respite: Self.respite) }
    }

    /// At once, what is no older than that; a new one is begun where that is time.
    func kept(at now: Timestamp, seconds: Double) -> Value? {
        _ = begin(at: now)
        let kept = state.withLock { $0.kept }
        return kept.flatMap { abs(now.seconds(since: $0.at)) <= seconds ? $0.value : nil }
    }

    /// What was made elsewhere.
    func keep(_ value: Value, at now: Timestamp) { state.withLock { $0.kept = (value, now) } }

    /// Whether what is being made is done, or failed, within a time.
    private func isMade(within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ $0.making != nil }) {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(2))
        }
        return true
    }

    /// - Returns: what to answer with at once, or what to wait for.
    private func begin(at now: Timestamp) -> (kept: Value?, making: Task<Value, any Error>?) {
        state.withLock { state in
            if let kept = state.kept(at: now, seconds: seconds) { return (kept, nil) }
            // One at a time. It outlives the request that began it, so that the next ones have it.
            let making = state.making ?? Task { try await self.refresh(at: now) }
            state.making = making
            if state.duration > quick, let kept = state.kept(at: now, seconds: seconds, respite: Self.respite) {
                return (kept, nil)
            }
            return (nil, making)
        }
    }

    private func refresh(at now: Timestamp) async throws -> Value {
        let start = ContinuousClock.now
        do {
            let value = try await make(now)
            let duration = (ContinuousClock.now - start) / .seconds(1)
            state.withLock { $0 = State(kept: (value, now), duration: duration) }
            return value
        } catch {
            state.withLock { $0.making = nil }
            throw error
        }
    }
}
