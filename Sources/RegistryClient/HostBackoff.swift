/// When a host may be asked again after it failed or asked for patience. Time and chance are arguments.
///
/// A host that answers 429 or asks by Retry-After is left alone at once. Other failures count: three in a row pause the
/// host, doubling up to a minute, because one broken tag must not hold up a registry. After a pause one request goes
/// first; its success opens the host again.
struct HostBackoff: Sendable {
    enum Failure: Sendable {
        /// 429, or 503 with a wish.
        case patience(Duration?)
        /// No connection, a time-out, or 5xx.
        case trouble
    }

    static let troubleTolerated = 2
    static let longestPause: [Duration] = [.seconds(60), .seconds(900), .seconds(21_600)]

    private(set) var failuresInARow = 0
    /// Why the last pause came, for people.
    private(set) var reason: String?
    /// Whether the pause is our own caution, which a person's wish may overrule, or the host's.
    private(set) var isHostsWish = false
    private var pausedAt: Duration = .zero
    private var pausedUntil: Duration = .zero

    /// Of what the workers know together, the state that this one has taken over last.
    private(set) var version: Int64 = 0

    /// After a pause and before the first success: the host gets one request at a time.
    var isRecovering: Bool { reason != nil }

    /// The rest of the pause, or nil.
    func pause(at now: Duration) -> Duration? {
        now < pausedUntil ? pausedUntil - now : nil
    }

    mutating func succeeded(startedAt: Duration) {
        // An answer to a request from before the pause says nothing of the host since.
        guard startedAt >= pausedAt else { return }
        failuresInARow = 0
        reason = nil
        isHostsWish = false
        pausedUntil = .zero
    }

    /// - Parameter chance: from 0 up to 1; spreads the pause from half to the whole of its length.
    mutating func failed(
        _ failure: Failure, reason text: String, startedAt: Duration, now: Duration, chance: Double
    ) {
        // Requests that were under way together fail together: they are one failure. A wish is heard in any case.
        if startedAt < pausedAt {
            if case .patience(let wish?) = failure { extend(to: now + min(wish, Self.longestPause[2])) }
            return
        }
        failuresInARow += 1
        let length: Duration
        switch failure {
        case .patience(let wish?):
            // Never sooner than asked, and not all at the same moment.
            length = min(wish, Self.longestPause[2]) + .seconds(chance)
        case .patience(nil):
            length = Self.spread(.seconds(5), doublings: failuresInARow - 1, most: Self.longestPause[1], chance)
        case .trouble:
            guard failuresInARow > Self.troubleTolerated else { return }
            let doublings = failuresInARow - Self.troubleTolerated - 1
            length = Self.spread(.seconds(1), doublings: doublings, most: Self.longestPause[0], chance)
        }
        if case .patience = failure { isHostsWish = true }
        reason = text
        pausedAt = now
        extend(to: now + length)
    }

    /// What the other workers are told.
    func shared(at now: Duration) -> SharedPause? {
        reason.map {
            SharedPause(
                length: max(.zero, pausedUntil - now), failures: failuresInARow, reason: $0, isHostsWish: isHostsWish)
        }
    }

    /// Takes over what the workers know together; nothing happens where that is not new.
    mutating func adopt(_ pause: SharedPause?, version: Int64, now: Duration) {
        guard version != self.version else { return }
        self.version = version
        // What was under way until now says nothing more.
        pausedAt = now
        failuresInARow = pause?.failures ?? 0
        reason = pause?.reason
        isHostsWish = pause?.isHostsWish ?? false
        pausedUntil = pause.map { now + $0.length } ?? .zero
    }

    private mutating func extend(to end: Duration) {
        pausedUntil = max(pausedUntil, end)
    }

    private static func spread(_ base: Duration, doublings: Int, most: Duration, _ chance: Double) -> Duration {
        let full = min(most, base * (1 << min(max(doublings, 0), 20)))
        return full * (0.5 + chance / 2)
    }
}
