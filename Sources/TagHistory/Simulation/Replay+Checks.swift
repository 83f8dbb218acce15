import OCI

extension Replay {
    /// A tag becomes known.
    mutating func begin(_ tag: Int, at now: Int64) {
        let now = Timestamp(microseconds: now)
        let repository = Int(trace.repository[tag])
        members[repository].append(Int32(tag))
        tags[tag] = TagSchedule(
            firstSeenAt: now, in: repositories[repository], lane: lane, chance: random.nextUnit())
        if isBulk {
            tags[tag].scheduleSweep(lane: lane, chance: random.nextUnit())
            if listings[repository] == nil {
                let listing = ListingSchedule(firstSeenAt: now, lane: lane, chance: random.nextUnit())
                listings[repository] = listing
                queue.set(trace.tags + repository, key: listing.nextListingAt.microseconds)
            }
        }
        queue.set(tag, key: tags[tag].nextCheckAt.microseconds)
    }

    /// - Returns: the requests that it took; none where the last check is too recent.
    mutating func ask(_ number: Int, at now: Int64) -> Int {
        let time = Timestamp(microseconds: now)
        let repository = number - trace.tags
        let last = repository < 0 ? tags[number].lastCheckAt : listings[repository]?.lastListingAt ?? time
        guard LaneSchedule.mayCheckAgain(lastCheckAt: last, at: time) else {
            queue.remove(number)
            resting.set(number, key: last.advanced(byDays: LaneSchedule.floorDays).microseconds)
            return 0
        }
        guard repository < 0 else { return list(repository, at: time) }
        if isBulk { sweep(number, at: time) } else { check(number, at: time) }
        return 1
    }

    private mutating func check(_ tag: Int, at now: Timestamp) {
        lane.advanceClock(to: tags[tag].nextCheckAt)
        let changed = ledger.look(at: tag, now: now.microseconds)
        let repository = Int(trace.repository[tag])
        let effect = tags[tag].note(
            changed: changed, id: Int32(tag), repository: &repositories[repository], lane: lane, at: now)
        queue.set(tag, key: tags[tag].nextCheckAt.microseconds)
        if let leader = effect.credited { tags[Int(leader)].credit() }
        guard effect.beginsBurst else { return }
        for member in members[repository] where member != tag {
            let sibling = Int(member)
            guard tags[sibling].boost(in: repositories[repository], lane: lane) else { continue }
            queue.set(sibling, key: tags[sibling].nextCheckAt.microseconds)
        }
    }

    /// One of the checks that keep a repository's listings honest.
    private mutating func sweep(_ tag: Int, at now: Timestamp) {
        lane.advanceClock(to: tags[tag].nextCheckAt)
        let repository = Int(trace.repository[tag])
        let changed = ledger.look(at: tag, now: now.microseconds)
        tags[tag].note(changed: changed, id: Int32(tag), repository: &repositories[repository], lane: lane, at: now)
        tags[tag].scheduleSweep(lane: lane)
        queue.set(tag, key: tags[tag].nextCheckAt.microseconds)
    }

    /// A listing comes a hundred tags a page, the last pushed ones first, and is read until a page shows a tag that was
    /// pushed before the listing before.
    /// - Returns: the pages read.
    private mutating func list(_ repository: Int, at now: Timestamp) -> Int {
        guard var listing = listings[repository] else { return 0 }
        lane.advanceClock(to: listing.nextListingAt)
        let previous = listing.lastListingAt
        let pushed = pushes.take(repository, until: now.microseconds / 1_000_000)
        var changed: [Int] = []
        for push in pushed where ledger.look(at: Int(pushes.tags[push]), now: now.microseconds) {
            changed.append(Int(pushes.tags[push]))
        }
        // A tag that was pushed twice stands in the listing once.
        let shown = pushed.count > 100 ? Set(pushes.tags[pushed]).count : pushed.count
        let pages = min(shown / 100 + 1, (members[repository].count + 99) / 100)
        let isBurst = !changed.isEmpty && repositories[repository].noteChange(at: now, leader: nil)
        listing.note(
            found: changed.count, spent: pages, isBurst: isBurst, repository: repositories[repository], lane: lane,
            at: now)
        for tag in changed {
            tags[tag].noteListed(changedSince: previous, repository: repositories[repository], at: now)
        }
        listings[repository] = listing
        queue.set(trace.tags + repository, key: listing.nextListingAt.microseconds)
        return pages
    }
}
