import NIOCore
import Synchronization

/// The one way to a host: its budget of requests a second, its connections, and its backoff.
final class HostGate: Sendable {
    /// What a request that went through holds; to be given back by `leave`.
    struct Permit: Sendable {
        let startedAt: Duration
        var spends = false
        /// The one request that finds out how it stands with the host.
        var isTrial = false
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

    struct Status: Sendable {
        let inFlight, waiting: Int
        let requests: UInt64
        let pause: Duration?
        let reason: String?
    }

    /// Host and port.
    let host: String
    let shared: (any SharedBudget)?
    /// How long a trial may take before another worker may try.
    let trialLength: Duration
    let time: TimeSource
    let onNotice: @Sendable (Notice) -> Void
    let state: Mutex<State>

    /// - Parameter name: for people.
    init(
        host: String, name: String, requestsPerSecond: Double, maximumInFlight: Int,
        shared: (any SharedBudget)? = nil, trialLength: Duration = .seconds(45), time: TimeSource,
        onNotice: @escaping @Sendable (Notice) -> Void
    ) {
        self.host = host
        self.shared = shared
        self.trialLength = trialLength
        self.time = time
        self.onNotice = onNotice
        let isShared = shared != nil
        state = Mutex(
            State(
                name: name, maximumInFlight: max(1, maximumInFlight), isShared: isShared,
                turns: HostTurns(rate: requestsPerSecond, isShared: isShared, at: time.now())))
    }

    /// How long requests that nobody waits for are held back.
    var pause: Duration? { state.withLock { [time] in $0.pause(at: time.now()) } }

    var status: Status {
        state.withLock { [time] in
            Status(
                inFlight: $0.inFlight, waiting: $0.waiters.count, requests: $0.requests,
                pause: $0.pause(at: time.now()), reason: $0.backoff.reason)
        }
    }

    /// Waits for the budget and a free connection.
    ///
    /// A person's request goes before those that nobody waits for, and our own caution is no reason to refuse it. The
    /// host's wish is.
    ///
    /// - Throws: `CheckFailure` `hostPaused`, or `CancellationError`.
    func enter(_ request: GateRequest) async throws -> Permit {
        let now = time.now()
        let (permit, id) = try state.withLock { state throws(CheckFailure) -> (Permit?, UInt64) in
            if state.waiters.isEmpty {
                switch state.judge(request, at: now) {
                case .go(let permit):
                    exchangeIfDue(&state, at: now)
                    return (permit, 0)
                case .refuse(let failure): throw failure
                case .wait: break
                }
            }
            state.nextID += 1
            return (nil, state.nextID)
        }
        if let permit { return permit }
        return try await wait(id, request)
    }

    /// - Parameter quota: what the answer said of it.
    func leave(_ permit: Permit, _ verdict: Verdict, quota: QuotaWord = .silent) {
        let now = time.now()
        let notice = change(at: now) { state -> Notice? in
            var notice: Notice?
            state.inFlight -= 1
            if permit.spends { state.spending -= 1 }
            if permit.isTrial { state.trials -= 1 }
            switch quota {
            case .silent: break
            case .none: state.quota.sawNone(startedAt: permit.startedAt, at: now)
            case .seen(let quota): state.quota.saw(quota, startedAt: permit.startedAt, at: now)
            }
            let wasPaused = state.backoff.isRecovering
            switch verdict {
            case .good:
                state.backoff.succeeded(startedAt: permit.startedAt)
                if wasPaused, !state.backoff.isRecovering {
                    notice = .answers
                    state.exchange.news = .answers
                }
            case .unknown: break
            case .failed(let failure, let reason):
                let before = state.backoff.shared(at: now)
                state.backoff.failed(
                    failure, reason: reason, startedAt: permit.startedAt, now: now, chance: .random(in: 0..<1))
                if !wasPaused, let pause = state.backoff.pause(at: now) { notice = .paused(pause, reason: reason) }
                if state.backoff.shared(at: now) != before { state.exchange.news = .paused }
            }
            // Nothing was learnt for good: the next one may try.
            if permit.isTrial, state.backoff.isRecovering, state.backoff.pause(at: now) == nil {
                state.exchange.trialUntil = permit.startedAt + trialLength
            }
            return notice
        }
        if let notice { onNotice(notice) }
    }

    /// Lets nobody through any more.
    func close() {
        change(at: time.now()) { $0.isClosed = true }
    }

    static let closed = CheckFailure(.cancelled, "the check was cancelled")

    private func wait(_ id: UInt64, _ request: GateRequest) async throws -> Permit {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                change(at: time.now()) { state in
                    let waiter = Waiter(id: id, request: request, continuation: continuation)
                    if request.isUrgent, let place = state.waiters.firstIndex(where: { !$0.request.isUrgent }) {
                        state.waiters.insert(waiter, at: place)
                    } else {
                        state.waiters.append(waiter)
                    }
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

    /// Changes the state, and lets through whom that allows.
    ///
    /// They are told so without the lock: who resumes a task locks that task's status, and who cancels it has locked that
    /// when it comes here to drop its request.
    @discardableResult
    func change<Value: Sendable>(at now: Duration, _ body: (inout State) -> Value) -> Value {
        let (value, settled) = state.withLock { state in (body(&state), pump(&state, at: now)) }
        for (waiter, outcome) in settled { waiter.continuation.resume(with: outcome) }
        return value
    }

    /// Lets through whom the budget and the connections allow, in order.
    /// - Returns: who need not wait any more, to be told so.
    private func pump(_ state: inout State, at now: Duration) -> [(Waiter, Result<Permit, any Error>)] {
        var settled: [(Waiter, Result<Permit, any Error>)] = []
        state.needs = []
        queue: while let first = state.waiters.first {
            switch state.judge(first.request, at: now) {
            case .go(let permit):
                state.waiters.removeFirst()
                settled.append((first, .success(permit)))
            case .refuse(let failure):
                state.waiters.removeFirst()
                settled.append((first, .failure(failure)))
            case .wait: break queue
            }
        }
        if state.needs.contains(.turn), let wait = state.turns.wait(at: now) {
            state.needs.remove(.turn)
            setTimer(&state, for: now + wait, at: now)
        }
        exchangeIfDue(&state, at: now)
        return settled
    }

    /// Looks again at that time; one timer does for all.
    func setTimer(_ state: inout State, for due: Duration, at now: Duration) {
        guard state.timer.map({ due < $0 }) ?? true else { return }
        state.timer = due
        Task { [weak self, time] in
            try? await time.sleep(due - now)
            guard let self else { return }
            // An earlier one was set meanwhile, and has looked.
            change(at: time.now()) { if $0.timer == due { $0.timer = nil } }
        }
    }
}

/// What an answer says of its host's quota.
enum QuotaWord: Sendable {
    /// Nothing, as with challenges and errors.
    case silent
    /// That there is none.
    case none
    case seen(Quota)
}
