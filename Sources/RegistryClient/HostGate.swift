import NIOCore
import Synchronization

/// The one way to a host: its budget of requests a second, its connections, and its backoff.
final class HostGate: Sendable {
    /// What a request that went through holds; to be given back by `leave`.
    struct Permit: Sendable {
        let startedAt: Duration
    }

    enum Verdict: Sendable {
        case good
        case failed(HostBackoff.Failure, reason: String)
        /// Says nothing of the host: cancelled.
        case unknown
    }

    /// What the log is told: once when the host is first left alone, once when it answers again.
    enum Notice: Sendable {
        case paused(Duration, reason: String)
        case answers
    }

    private struct Waiter {
        let id: UInt64
        let isUrgent: Bool
        let continuation: CheckedContinuation<Permit, any Error>
    }

    private struct State {
        var bucket: TokenBucket
        var backoff = HostBackoff()
        var inFlight = 0
        var requests: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters = CircularBuffer<Waiter>()
        var timerIsSet = false
        var isClosed = false
    }

    struct Status: Sendable {
        let inFlight, waiting: Int
        let requests: UInt64
        let pause: Duration?
        let reason: String?
    }

    let host: String
    private let maximumInFlight: Int
    private let time: TimeSource
    private let onNotice: @Sendable (Notice) -> Void
    private let state: Mutex<State>

    init(
        host: String, requestsPerSecond: Double, maximumInFlight: Int, time: TimeSource,
        onNotice: @escaping @Sendable (Notice) -> Void
    ) {
        self.host = host
        self.maximumInFlight = max(1, maximumInFlight)
        self.time = time
        self.onNotice = onNotice
        state = Mutex(State(bucket: TokenBucket(rate: requestsPerSecond, at: time.now())))
    }

    var pause: Duration? { state.withLock { [time] in $0.backoff.pause(at: time.now()) } }

    var status: Status {
        state.withLock { [time] in
            Status(
                inFlight: $0.inFlight, waiting: $0.waiters.count, requests: $0.requests,
                pause: $0.backoff.pause(at: time.now()), reason: $0.backoff.reason)
        }
    }

    /// Waits for the budget and a free connection.
    ///
    /// - Parameter urgent: a person waits: goes before those that are not, and our own caution is no reason to refuse.
    ///   The host's wish is.
    /// - Throws: `CheckFailure` `hostPaused`, or `CancellationError`.
    func enter(urgent: Bool) async throws -> Permit {
        let now = time.now()
        let (permit, id) = try state.withLock { state throws(CheckFailure) -> (Permit?, UInt64) in
            if state.isClosed { throw Self.closed }
            if let failure = paused(state, at: now, urgent: urgent) { throw failure }
            if state.waiters.isEmpty, hasRoom(state), state.bucket.take(at: now) {
                state.inFlight += 1
                state.requests += 1
                return (Permit(startedAt: now), 0)
            }
            state.nextID += 1
            return (nil, state.nextID)
        }
        if let permit { return permit }
        return try await wait(id, urgent: urgent)
    }

    func leave(_ permit: Permit, _ verdict: Verdict) {
        let now = time.now()
        var notice: Notice?
        state.withLock { state in
            state.inFlight -= 1
            switch verdict {
            case .good:
                let wasPaused = state.backoff.isRecovering
                state.backoff.succeeded(startedAt: permit.startedAt)
                if wasPaused, !state.backoff.isRecovering { notice = .answers }
            case .unknown: break
            case .failed(let failure, let reason):
                let wasPaused = state.backoff.isRecovering
                state.backoff.failed(
                    failure, reason: reason, startedAt: permit.startedAt, now: now, chance: .random(in: 0..<1))
                if !wasPaused, let pause = state.backoff.pause(at: now) { notice = .paused(pause, reason: reason) }
            }
            pump(&state, at: now)
        }
        if let notice { onNotice(notice) }
    }

    /// Lets nobody through any more.
    func close() {
        let now = time.now()
        state.withLock { state in
            state.isClosed = true
            pump(&state, at: now)
        }
    }

    private static let closed = CheckFailure(.cancelled, "the check was cancelled")

    private func wait(_ id: UInt64, urgent: Bool) async throws -> Permit {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = time.now()
                state.withLock { state in
                    let waiter = Waiter(id: id, isUrgent: urgent, continuation: continuation)
                    if urgent, let place = state.waiters.firstIndex(where: { !$0.isUrgent }) {
                        state.waiters.insert(waiter, at: place)
                    } else {
                        state.waiters.append(waiter)
                    }
                    pump(&state, at: now)
                }
                // The handler below may have run before the waiter stood in the queue.
                if Task.isCancelled { drop(id) }
            }
        } onCancel: {
            drop(id)
        }
    }

    private func drop(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private func hasRoom(_ state: borrowing State) -> Bool {
        state.inFlight < (state.backoff.isRecovering ? 1 : maximumInFlight)
    }

    private func paused(_ state: borrowing State, at now: Duration, urgent: Bool) -> CheckFailure? {
        guard let pause = state.backoff.pause(at: now), !urgent || state.backoff.isHostsWish else { return nil }
        // Without the time left: this text stays on the tag's page until the next check.
        return CheckFailure(.hostPaused, state.backoff.reason ?? "\(host) failed a moment ago", retryAfter: pause)
    }

    /// Lets through whom the budget and the connections allow, in order. Resuming under the lock is safe: a resumed
    /// task is enqueued, never run in place.
    private func pump(_ state: inout State, at now: Duration) {
        while let first = state.waiters.first {
            if let failure = state.isClosed ? Self.closed : paused(state, at: now, urgent: first.isUrgent) {
                state.waiters.removeFirst()
                first.continuation.resume(throwing: failure)
                continue
            }
            guard hasRoom(state) else { return }
            guard state.bucket.take(at: now) else { return setTimer(&state, at: now) }
            state.waiters.removeFirst()
            state.inFlight += 1
            state.requests += 1
            first.continuation.resume(returning: Permit(startedAt: now))
        }
    }

    private func setTimer(_ state: inout State, at now: Duration) {
        guard !state.timerIsSet else { return }
        state.timerIsSet = true
        let delay = state.bucket.wait(at: now)
        Task { [weak self, time] in
            try? await time.sleep(delay)
            guard let self else { return }
            let now = time.now()
            self.state.withLock { state in
                state.timerIsSet = false
                self.pump(&state, at: now)
            }
        }
    }
}
