/// What a host's quota allows now. Time is an argument.
///
/// Requests that nobody waits for stop while a tenth or less remains. Then one of them may find out now and then whether
/// the host has forgotten some, because a rolling quota does not say when: every sixtieth of the window, at least every
/// ten minutes, at most twice a minute. Of a quota that says when it begins anew the end is waited for.
struct QuotaKeeper: Sendable {
    private(set) var quota: Quota?
    private(set) var seenAt: Duration = .zero
    private var seenBy: Duration = .zero
    private var probedAt: Duration?
    private var sharedProbeAt: Duration?
    /// When the next manifest may be read, at an even pace.
    private var contentAt: Duration = .seconds(-1_000_000)

    /// Manifests that may be read at once: what one change consists of.
    static let contentBurst = 8

    /// What the last answer said, if that is news.
    private(set) var news: QuotaNews?
    private var newsSince: Duration = .zero

    /// - Parameter startedAt: when the request was sent whose answer this is; answers come in any order.
    mutating func saw(_ seen: Quota, startedAt: Duration, at now: Duration) {
        let isOlder = startedAt < seenBy && current(at: now) != nil
        guard !isOlder || seen.remaining < (quota?.remaining ?? .max) else { return }
        (quota, seenAt, seenBy) = (seen, now, max(startedAt, seenBy))
        (news, newsSince) = (.seen(seen, age: .zero), now)
    }

    /// A full answer without a word of a quota: there is none.
    mutating func sawNone(startedAt: Duration, at now: Duration) {
        guard quota != nil, startedAt >= seenBy else { return }
        quota = nil
        (news, newsSince) = (.unlimited, now)
    }

    /// What to tell the others; it is told once.
    mutating func takeNews(at now: Duration) -> QuotaNews? {
        defer { news = nil }
        guard case .seen(let quota, _)? = news else { return news }
        return .seen(quota, age: now - newsSince)
    }

    /// Nobody heard it.
    mutating func tellAgain(_ untold: QuotaNews?, at now: Duration) {
        guard news == nil, let untold else { return }
        if case .seen(_, let age) = untold { newsSince = now - age }
        news = untold
    }

    mutating func hear(_ heard: QuotaNews?, at now: Duration) {
        guard news == nil else { return }
        switch heard {
        case .seen(let heard, let age):
            let at = now - age
            guard quota == nil || at > seenAt else { return }
            (quota, seenAt, seenBy) = (heard, at, at)
        case .unlimited, nil: quota = nil
        }
    }

    /// Nil where nothing is known that still holds.
    func current(at now: Duration) -> Quota? {
        guard let quota, now < seenAt + quota.lifetime else { return nil }
        return quota
    }

    /// Whether a request has to be held back.
    ///
    /// - Parameter spending: requests under way that may count, and whose answers are not there yet.
    func holds(urgent: Bool, spending: Int, at now: Duration) -> Bool {
        guard let quota = current(at: now) else { return false }
        let remaining = quota.remaining - spending
        return urgent ? remaining <= 0 : remaining * 10 <= quota.limit
    }

    /// Time between two careful looks.
    var probeInterval: Duration {
        guard let quota else { return .zero }
        return quota.resetsIn ?? min(max(quota.window / 60, .seconds(30)), .seconds(600))
    }

    /// How long until one request may look.
    func probe(at now: Duration) -> Duration {
        let last = max(seenAt, probedAt ?? seenAt)
        return max(.zero, max(last + probeInterval, sharedProbeAt ?? .zero) - now)
    }

    mutating func probed(at now: Duration) {
        probedAt = now
    }

    /// Somebody else looks.
    mutating func probeIsAway(until: Duration) {
        sharedProbeAt = until
    }

    /// Nine tenths of the quota, spread over its window.
    var contentPace: ContentPace? {
        quota.map {
            ContentPace(
                interval: $0.window / (max(1, Double($0.limit) * 0.9)),
                burst: min(Self.contentBurst, max(1, $0.limit / 10)))
        }
    }

    /// How long until the next manifest may be read; nil: now. Where the budget is shared, that is what the others left.
    func contentWait(at now: Duration) -> Duration? {
        guard let pace = contentPace, current(at: now) != nil else { return nil }
        let next = max(contentAt, now - pace.interval * (pace.burst - 1))
        return next > now ? next - now : nil
    }

    mutating func contentWasRead(at now: Duration) {
        guard let pace = contentPace else { return }
        contentAt = max(contentAt, now - pace.interval * (pace.burst - 1)) + pace.interval
    }
}
