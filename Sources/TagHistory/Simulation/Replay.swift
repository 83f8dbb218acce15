import OCI

/// A trace on its way through the adaptive schedule: one lane, its tags and repositories.
///
/// Numbers below that of the tags are tags in the queue, those from there on repositories whose listing is read.
struct Replay {
    let simulation: Simulation
    let trace: Trace
    let isBulk: Bool
    var ledger: Ledger
    var lane: LaneSchedule
    var tags: [TagSchedule] = []
    var repositories: [RepositorySchedule]
    var listings: [ListingSchedule?]
    /// The tags of each repository that are known by now.
    var members: [[Int32]]
    /// Which tags of a repository were pushed when, for listings.
    var pushes: Pushes
    var queue: CheckQueue
    /// What may not be asked again so soon, by the end of its rest.
    var resting: IndexedHeap
    var random: SplitMix64

    init(_ simulation: Simulation) {
        self.simulation = simulation
        trace = simulation.trace
        isBulk = simulation.policy == .adaptiveBulk
        ledger = Ledger(trace: trace, from: simulation.from)
        let start = Timestamp(seconds: trace.start)
        lane = LaneSchedule(requestsPerDay: 86_400 * simulation.budget.rate(tags: 1), tags: 1, at: start)
        repositories = Array(repeating: RepositorySchedule(), count: trace.repositories)
        listings = Array(repeating: nil, count: trace.repositories)
        members = Array(repeating: [], count: trace.repositories)
        pushes = Pushes(isBulk ? trace : Trace())
        let count = trace.tags + (isBulk ? trace.repositories : 0)
        queue = CheckQueue(count: count, at: trace.start * 1_000_000)
        resting = IndexedHeap(count: count)
        random = SplitMix64(seed: simulation.seed)
        let tag = TagSchedule(firstSeenAt: start, in: RepositorySchedule(), lane: lane, chance: 0)
        tags = Array(repeating: tag, count: trace.tags)
    }

    consuming func run(_ progress: (Double) throws -> Void) rethrows -> SimulationReport {
        let order = simulation.order
        let end = trace.end * 1_000_000
        var bucket = RequestBucket(at: trace.start * 1_000_000)
        var known = 0
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
                let rate = simulation.budget.rate(tags: known)
                bucket.setRate(perSecond: rate, at: now)
                lane.tags = known
                lane.requestsPerDay = rate * 86_400
                begin(Int(order[known - 1]), at: now)
            } else if rested == now, let next = resting.first {
                resting.remove(Int(next.number))
                queue.set(Int(next.number), key: key(of: Int(next.number)))
            } else {
                lane.steer(at: Timestamp(microseconds: now))
                steering += Int64(LaneSchedule.steeringInterval) * 1_000_000
                try progress(simulation.share(at: now))
            }
        }
        return ledger.report(policy: simulation.policy)
    }

    private var lead: Int64 {
        let now = Timestamp(microseconds: 0)
        return lane.claimable(at: now).microseconds
    }

    private func key(of number: Int) -> Int64 {
        if number < trace.tags { return tags[number].nextCheckAt.microseconds }
        return listings[number - trace.tags]?.nextListingAt.microseconds ?? .max
    }
}
