/// What the workers of one site tell each other of a host, and the turns that they share.
///
/// A gate takes turns for about a second at once, so one exchange a second and host carries any number of requests.
public protocol SharedBudget: Sendable {
    /// Tells what is known, asks for turns and hears what the others told.
    ///
    /// While this throws or does not return, no request of a host with a limit goes out.
    func exchange(_ report: BudgetReport) async throws -> BudgetAnswer
}

/// One worker's side of an exchange. Times are lengths from now, because clocks differ.
public struct BudgetReport: Sendable {
    /// Host and port.
    public var host: String
    /// Requests a second over all workers; nil: no limit.
    public var rate: Double?
    /// Turns that are saved up while nobody asks.
    public var capacity: Double
    /// Turns that are asked for.
    public var wanted = 0
    public var news: BudgetNews?
    /// The version of the pause that this worker knows.
    public var knownVersion: Int64 = 0
    public var quota: QuotaNews?
    /// Asks for the right to one request although the host is half-open or its quota is low, unless somebody had that
    /// right, or saw the quota, within this time.
    public var trialAfter: Duration?
    /// Asks for one request for content, of which there may be one per interval and so many at once.
    public var content: ContentPace?

    public init(host: String, rate: Double?, capacity: Double) {
        self.host = host
        self.rate = rate
        self.capacity = capacity
    }
}

/// What happened to a worker that the others should know.
public enum BudgetNews: Hashable, Sendable {
    case paused(SharedPause)
    /// The host answers again. Of no weight where somebody else was refused meanwhile.
    case answers
}

/// A host that is being left alone, or, after that, tried with one request.
public struct SharedPause: Hashable, Sendable {
    /// Zero or less: it is over, and one request may find out whether the host answers again.
    public var length: Duration
    public var failures: Int
    /// For people.
    public var reason: String
    /// Whether the host asked for it, or it is our own caution.
    public var isHostsWish: Bool

    public init(length: Duration, failures: Int, reason: String, isHostsWish: Bool) {
        self.length = length
        self.failures = failures
        self.reason = reason
        self.isHostsWish = isHostsWish
    }
}

public enum QuotaNews: Hashable, Sendable {
    case seen(Quota, age: Duration)
    /// The host, which had one, answers without.
    case unlimited
}

public struct ContentPace: Hashable, Sendable {
    public var interval: Duration
    public var burst: Int
}

/// What all workers together know and grant.
public struct BudgetAnswer: Sendable {
    /// Turns granted; each may be used when its time has come, not before.
    public var granted = 0
    /// The first turn's time from now; negative: it has been there to be taken.
    public var firstIn: Duration = .zero
    /// Where nothing was granted: when it is worth asking again.
    public var askAgainIn: Duration = .zero
    public var version: Int64 = 0
    /// Nil: the host answers.
    public var pause: SharedPause?
    public var quota: QuotaNews?
    public var hasTrial = false
    /// Where a trial was asked for and is not granted: when it might be.
    public var trialIn: Duration = .zero
    public var hasContent = false
    public var contentIn: Duration = .zero

    public init() {}
}
