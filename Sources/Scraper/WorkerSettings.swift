public import TagHistory

/// How a worker goes about its work.
public struct WorkerSettings: Sendable {
    /// Shown on the status page: host and process.
    public var name: String
    public var policy: CheckPolicy
    /// Requests at the same time per registry.
    public var concurrency: Int
    /// Seconds for which a claim holds although its worker lives: far more than a batch takes.
    public var lease: Double
    /// So many of Docker Hub's most pulled official images are tracked at the start.
    public var popularImages = 0
    public var followed: [FollowedSelection] = []
    /// Of all tags; a selection adds no more.
    public var maxTracked = Int.max
    /// Seconds after which a visitor's tag is retired that nobody looked at; nil: never.
    public var retireUnviewed: Double?
    /// Seconds between two listings of a followed repository.
    public var listingInterval = 7_200.0

    public init(name: String, policy: CheckPolicy = .adaptive, concurrency: Int = 48, lease: Double = 300) {
        self.name = name
        self.policy = policy
        self.concurrency = concurrency
        self.lease = lease
    }
}

/// How much of a lane is claimed at once.
struct LaneShare {
    /// About a second's worth: nobody who asks for one of these tags waits long, nor do results for each other.
    let batch: Int
    /// Seconds. A claim outlasts its turn also where several workers share a small budget.
    let lease: Double

    init(requestsPerSecond: Double, settings: WorkerSettings) {
        batch = Int(min(500, max(2, requestsPerSecond)))
        lease = max(settings.lease, 32 * Double(batch) / requestsPerSecond)
    }
}
