import OCI

extension Replay {
    /// As the worker decides for claimed tags of a repository that is not listed regularly.
    func isWorthListing(_ repository: Int, at now: Timestamp) -> Bool {
        let latest = policy.claimable(in: lane, at: now)
        let earliest = policy.checkedBefore(now)
        let due = members[repository].count {
            tags[Int($0)].nextCheckAt <= latest && tags[Int($0)].lastCheckAt < earliest
        }
        return ListingSchedule.isWorthwhile(due: due, tracked: members[repository].count, requests: nil)
    }

    /// A listing comes a hundred tags a page, as Docker Hub's do, the last pushed ones first. It is read to its end once
    /// a day, else until a page has nothing new.
    /// - Returns: the pages read.
    mutating func list(_ repository: Int, at now: Timestamp) -> Int {
        let before = listings[repository]
        let previous = before?.lastListingAt
        let burst = repositories[repository].burst
        let known = members[repository]
        let news = previous.map {
            pushes.of(repository, from: ListingSchedule.oldBefore(previous: $0), until: now)
        }
        let most = (known.count + 99) / 100
        var pages = most
        if let news, policy.mayLeaveListing(wholeAt: wholeAt[repository], at: now) {
            // A tag that was pushed twice stands in the listing once.
            pages = min(pages, (news.count < 100 ? news.count : Set(news).count) / 100 + 1)
        }
        var found = 0
        for tag in news ?? known[...] where note(Int(tag), way: .listing(previous: previous), at: now) { found += 1 }
        if pages == most { wholeAt[repository] = now }
        let listing = ListingSchedule.after(
            before, found: found, spent: pages, burst: burst, repository: repositories[repository], lane: lane,
            at: now)
        listings[repository] = listing
        queue.set(trace.tags + repository, key: policy.nextListing(listing, at: now).microseconds)
        return pages
    }
}
