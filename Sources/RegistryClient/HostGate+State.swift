import NIOCore

/// A request as its gate sees it.
struct GateRequest: Sendable {
    /// A person waits for it.
    var isUrgent = false
    var purpose = RequestPurpose.check
    /// May count against the host's quota: anything but HEAD.
    var spends = false
}

extension HostGate {
    struct Waiter {
        let id: UInt64
        let request: GateRequest
        let continuation: CheckedContinuation<Permit, any Error>
    }

    /// What the one who waits first lacks, and only the others can give.
    struct Needs: OptionSet {
        let rawValue: Int
        static let turn = Needs(rawValue: 1)
        static let trial = Needs(rawValue: 2)
        static let content = Needs(rawValue: 4)
    }

    enum Step {
        case go(Permit)
        case wait
        case refuse(CheckFailure)
    }

    /// Everything that decides who may go. Time is an argument.
    struct State {
        let name: String
        let maximumInFlight: Int
        let isShared: Bool
        var turns: HostTurns
        var backoff = HostBackoff()
        var quota = QuotaKeeper()
        var inFlight = 0
        /// Of those in flight: which may count against the quota, and which are trials.
        var spending = 0
        var trials = 0
        var requests: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters = CircularBuffer<Waiter>()
        var needs: Needs = []
        var timer: Duration?
        var isClosed = false
        var exchange = ExchangeState()

        /// Whether a request may go now.
        mutating func judge(_ request: GateRequest, at now: Duration) -> Step {
            if isClosed { return .refuse(HostGate.closed) }
            // A person may overrule our own caution, one at a time; never the host's wish.
            let overrules = request.isUrgent && !backoff.isHostsWish
            if let pause = backoff.pause(at: now), !overrules {
                // Without the time left: this text may stay on a page until the next check.
                return .refuse(
                    CheckFailure(.hostPaused, backoff.reason ?? "\(name) failed a moment ago", retryAfter: pause))
            }
            guard inFlight < (backoff.isRecovering ? 1 : maximumInFlight) else { return .wait }
            var permit = Permit(startedAt: now, spends: request.spends)
            if backoff.isRecovering {
                if isShared, !overrules {
                    guard exchange.hasTrial(at: now) else { return lacks(.trial) }
                    permit.isTrial = true
                }
            } else if let step = judgeByQuota(request, &permit, at: now) {
                return step
            }
            guard turns.take(at: now) else { return lacks(.turn) }
            use(permit, request, at: now)
            return .go(permit)
        }

        private mutating func judgeByQuota(
            _ request: GateRequest, _ permit: inout Permit, at now: Duration
        ) -> Step? {
            // A person's HEAD costs nothing where quotas count pulls; elsewhere the host itself may refuse it.
            let isFree = request.isUrgent && !request.spends
            if !isFree, quota.holds(urgent: request.isUrgent, spending: spending, at: now) {
                // Its answer tells more.
                if trials > 0 { return .wait }
                let wait = quota.probe(at: now)
                // Reading manifests is what the quota counts: others look more cheaply.
                guard wait == .zero, request.purpose != .content else {
                    let text =
                        request.isUrgent
                        ? "\(name) allows no more requests for now"
                        : "\(name) allows few more requests for now; they are kept for people who ask"
                    return .refuse(CheckFailure(.hostPaused, text, retryAfter: max(wait, .seconds(1))))
                }
                if isShared, !exchange.hasTrial(at: now) { return lacks(.trial) }
                permit.isTrial = true
            } else if request.purpose == .content, !request.isUrgent, quota.current(at: now) != nil {
                if isShared {
                    if exchange.contentGranted > 0 { return nil }
                    guard exchange.contentAt <= now else { return slow(exchange.contentAt - now) }
                    return lacks(.content)
                }
                if let wait = quota.contentWait(at: now) { return slow(wait) }
            }
            return nil
        }

        private func slow(_ wait: Duration) -> Step {
            let text = "\(name) allows so few requests that manifests are read slowly"
            return .refuse(CheckFailure(.hostPaused, text, retryAfter: wait))
        }

        private mutating func lacks(_ need: Needs) -> Step {
            needs.insert(need)
            return .wait
        }

        private mutating func use(_ permit: Permit, _ request: GateRequest, at now: Duration) {
            inFlight += 1
            requests += 1
            if permit.spends { spending += 1 }
            if permit.isTrial {
                trials += 1
                exchange.trialUntil = nil
                quota.probed(at: now)
            }
            if request.purpose == .content, !request.isUrgent {
                quota.contentWasRead(at: now)
                if exchange.contentGranted > 0 { exchange.contentGranted -= 1 }
            }
        }

        /// How long requests that nobody waits for are held back.
        func pause(at now: Duration) -> Duration? {
            if let pause = backoff.pause(at: now) { return pause }
            guard quota.holds(urgent: false, spending: spending, at: now), trials == 0 else { return nil }
            let wait = quota.probe(at: now)
            return wait > .zero ? wait : nil
        }
    }
}
