import OCI

extension Replay {
    /// A tag becomes known. Where its repository is listed already, the worker would list it at once.
    mutating func begin(_ tag: Int, at now: Int64) {
        let repository = Int(trace.repository[tag])
        members[repository].append(Int32(tag))
        let schedule = policy.begin(
            in: repositories[repository], way: listings[repository] == nil ? .turn : .listing(previous: nil),
            lane: lane, at: Timestamp(microseconds: now), chance: random.nextUnit())
        pulls += Self.pull(schedule)
        tags[tag] = schedule
        queue.set(tag, key: schedule.nextCheckAt.microseconds)
    }

    /// - Returns: the requests that it took; none where the last check is too recent.
    mutating func ask(_ number: Int, at now: Int64) -> Int {
        let time = Timestamp(microseconds: now)
        let repository = number - trace.tags
        let last = repository < 0 ? schedule(of: number).lastCheckAt : listings[repository]?.lastListingAt ?? time
        guard LaneSchedule.mayCheckAgain(lastCheckAt: last, at: time) else {
            queue.remove(number)
            resting.set(number, key: last.advanced(byDays: LaneSchedule.floorDays).microseconds)
            return 0
        }
        if repository >= 0 {
            lane.advanceClock(to: listings[repository]?.nextListingAt ?? time)
            return list(repository, at: time)
        }
        lane.advanceClock(to: tags[number].nextCheckAt)
        let home = Int(trace.repository[number])
        if isBulk, listings[home] == nil, isWorthListing(home, at: time) { return list(home, at: time) }
        note(number, way: .turn, at: time)
        return 1
    }

    /// - Returns: whether the tag has changed.
    @discardableResult
    mutating func note(_ tag: Int, way: ScheduledCheck.Way, at now: Timestamp) -> Bool {
        let repository = Int(trace.repository[tag])
        let changed = ledger.look(at: tag, now: now.microseconds)
        var check = ScheduledCheck(
            tagID: Int32(tag), repositoryID: Int32(repository), schedule: schedule(of: tag), changed: changed,
            checkedAt: now,
            way: way, chance: way == .turn ? 1 : random.nextUnit())
        let effect = policy.note(
            &check, in: &repositories[repository], isListed: listings[repository] != nil, lane: lane)
        set(tag, check.schedule)
        if let leader = effect.credited {
            var schedule = tags[Int(leader)]
            schedule.credit()
            set(Int(leader), schedule)
        }
        if effect.beginsBurst { boost(repository, but: tag) }
        return changed
    }

    /// As a store would have it: what a whole listing shows unchanged is not touched until somebody asks for it.
    func schedule(of tag: Int) -> TagSchedule {
        var schedule = tags[tag]
        if schedule.reason == .sweep, let listedAt = wholeAt[Int(trace.repository[tag])] {
            schedule.lastCheckAt = max(schedule.lastCheckAt, listedAt)
        }
        return schedule
    }

    private mutating func boost(_ repository: Int, but tag: Int) {
        for member in members[repository] where member != tag {
            var schedule = tags[Int(member)]
            guard policy.boost(&schedule, in: repositories[repository], lane: lane) else { continue }
            set(Int(member), schedule)
        }
    }

    private mutating func set(_ tag: Int, _ schedule: TagSchedule) {
        let before = tags[tag]
        pulls += Self.pull(schedule) - Self.pull(before)
        tags[tag] = schedule
        guard schedule.nextCheckAt != before.nextCheckAt else { return }
        queue.set(tag, key: schedule.nextCheckAt.microseconds)
    }

    private static func pull(_ schedule: TagSchedule) -> Double {
        schedule.reason == .sweep ? 0 : schedule.pull.squareRoot()
    }
}
