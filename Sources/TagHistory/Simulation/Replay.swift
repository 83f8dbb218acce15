import OCI

/// One lane on its way through the adaptive schedule: its clock, tags and repositories as the store keeps them, and a queue
/// in place of the store's index. What an answer makes of them is the worker's own: ``CheckPolicy``.
///
/// Numbers below that of the tags are tags in the queue, those from there on repositories whose listing is read.
struct Replay {
    let trace: Trace
    /// Tags in the order in which they become known.
    let order: [Int32]
    let budget: Simulation.Budget
    /// Whether the vendor lists tags with their digests.
    let isBulk: Bool
    let policy = CheckPolicy.adaptive
    var ledger: Ledger
    var lane: LaneSchedule
    var tags: [TagSchedule] = []
    var known = 0
    /// Σ √pull of the known tags that no listing answers for.
    var pulls = 0.0
    var repositories: [RepositorySchedule]
    /// Of the repositories that are listed regularly.
    var listings: [ListingSchedule?]
    /// When their listing last showed all of their tags.
    var wholeAt: [Timestamp?]
    /// The tags of each repository that are known by now.
    var members: [[Int32]]
    /// Which tags of a repository were pushed when, for listings.
    var pushes: Pushes
    var queue: CheckQueue
    /// What may not be asked again so soon, by the end of its rest.
    var resting: IndexedHeap
    var random: SplitMix64

    init(_ simulation: Simulation) {
        trace = simulation.trace
        order = trace.order
        budget = simulation.budget
        isBulk = simulation.policy == .adaptiveBulk
        ledger = Ledger(trace: trace, from: simulation.from)
        let start = Timestamp(seconds: trace.start)
        lane = LaneSchedule(requestsPerDay: 86_400 * budget.rate(tags: 1), tags: 1, at: start)
        repositories = Array(repeating: RepositorySchedule(), count: trace.repositories)
        listings = Array(repeating: nil, count: trace.repositories)
        wholeAt = Array(repeating: nil, count: trace.repositories)
        members = Array(repeating: [], count: trace.repositories)
        pushes = Pushes(isBulk ? trace : Trace())
        let count = trace.tags + (isBulk ? trace.repositories : 0)
        queue = CheckQueue(count: count, at: trace.start * 1_000_000)
        resting = IndexedHeap(count: count)
        random = SplitMix64(seed: simulation.seed)
        let tag = TagSchedule(firstSeenAt: start, in: RepositorySchedule(), lane: lane, chance: 0)
        tags = Array(repeating: tag, count: trace.tags)
    }

    /// How often a worker looks at its lanes.
    private static let steeringInterval: Int64 = 600_000_000

    /// - Parameter progress: is told the time, in microseconds since 1970.
    consuming func run(_ progress: (Int64) throws -> Void) rethrows -> Ledger {
        let end = trace.end * 1_000_000
        var bucket = RequestBucket(at: trace.start * 1_000_000)
        var steering = trace.start * 1_000_000
        var now = steering
        while true {
            let listed = known < order.count ? trace.listed[Int(order[known])] * 1_000_000 : .max
            let rested = resting.first?.key ?? .max
            let other = min(listed, min(steering, rested))
            // Not before it may be claimed, however much there is to spend.
            let next = queue.least()
            let asked = next.map { max(bucket.readyAt, $0.key - lead, now) } ?? .max
            now = min(asked, other)
            guard now < end else { break }
            if asked < other, let next {
                let requests = ask(Int(next.number), at: now)
                if requests > 0 {
                    bucket.take(requests, at: now)
                    ledger.spend(requests, at: now)
                }
            } else if listed == now {
                known += 1
                bucket.setRate(perSecond: budget.rate(tags: known), at: now)
                begin(Int(order[known - 1]), at: now)
            } else if rested == now, let next = resting.first {
                resting.remove(Int(next.number))
                queue.set(Int(next.number), key: key(of: Int(next.number)))
            } else {
                steer(at: Timestamp(microseconds: now))
                steering += Self.steeringInterval
                try progress(now)
            }
        }
        return ledger
    }

    private var lead: Int64 { Int64(lane.leadDays * 86_400e6) }

    private func key(of number: Int) -> Int64 {
        if number < trace.tags { return tags[number].nextCheckAt.microseconds }
        return listings[number - trace.tags]?.nextListingAt.microseconds ?? .max
    }

    /// As `TagStore.steer`. What all tags would take is added up only where it may be too much: without the shortest
    /// interval each would take √pull/c requests a day, and because of the longest one at most that and its share.
    mutating func steer(at now: Timestamp) {
        guard known > 0 else { return }
        let rate = budget.rate(tags: known)
        var wanted: Double?
        if pulls / lane.spacing + Double(known) / lane.ceilingDays > LaneSchedule.mostWanted * 86_400 * rate {
            let tags = tags
            wanted = lane.requestsPerDay(of: order[..<known].lazy.map { tags[Int($0)] })
        }
        policy.steer(&lane, tags: known, requestsPerSecond: rate, wanted: wanted, at: now)
    }
}
