import Logging
import OCI
import RegistryClient
import Store
import Synchronization
import TagHistory

/// What a listing came to.
private struct BulkOutcome {
    /// Tags whose check is recorded.
    var answered: Set<Int32> = []
    var counts: [CheckOutcome: Int] = [:]
    var hasFirstSightings = false
    var requests = 0
}

// One listing answers for all tracked tags of a repository, due or not.
extension Worker {
    /// Checks claimed due tags of one registry: by listings where they are cheaper, the rest one by one.
    func checkDue(_ claims: [Claim], window: ClaimWindow, session: WorkerSession) async -> [CheckOutcome: Int] {
        var total: [CheckOutcome: Int] = [:]
        var answered: Set<Int32> = []
        do {
            for (repository, pages) in try await worthListing(claims, window: window, session: session) {
                guard !Task.isCancelled else { break }
                switch try await store.beginListing(
                    repository, worker: session, lease: Self.listingLease, at: clock())
                {
                case .granted(let listing):
                    let outcome = try await list(listing, atMost: pages, session: session)
                    answered.formUnion(outcome.answered)
                    total.merge(outcome.counts, uniquingKeysWith: +)
                case .busy:
                    // What is claimed of it is left to that listing.
                    answered.formUnion(claims.filter { $0.reference.repository == repository }.map(\.tagID))
                case .tooSoon: break
                }
            }
            // Perhaps by a listing that ended since they were claimed.
            if let registry = claims.first?.reference.registry, digests.mayListInBulk(registry) {
                answered.formUnion(
                    try await store.answered(claims.filter { !answered.contains($0.tagID) }, since: window.now))
            }
            try await store.release(claims.filter { answered.contains($0.tagID) }, worker: session)
        } catch { health.databaseFailed(error) }
        let rest = claims.filter { !answered.contains($0.tagID) }
        if !rest.isEmpty { total.merge(await check(rest, session: session), uniquingKeysWith: +) }
        return total
    }

    /// Reads the listing of a registry that has been due for longest.
    /// - Returns: nil where none is.
    func listDue(_ lane: Lane, window: ClaimWindow, session: WorkerSession) async throws -> [CheckOutcome: Int]? {
        guard
            let claim = try await store.claimDueListing(
                registryID: lane.registryID, worker: session, lease: Self.listingLease, window: window)
        else { return nil }
        guard digests.mayListInBulk(lane.registry) else {
            // The settings say so by now: its tags are asked for one by one again.
            try await end(claim, .abandoned, session: session, from: clock())
            return [:]
        }
        guard let source = await digests.bulkSource(of: claim.repository), source.pausedFor == .zero else {
            let pause = digests.listingPause(of: claim.repository)
            try await end(claim, .failed(pause: pause.map { $0 / .seconds(1) } ?? 0), session: session, from: clock())
            return [:]
        }
        return try await list(claim, atMost: .max, session: session).counts
    }

    /// Seconds for which a listing that does not go on is another's.
    private static let listingLease = 600.0

    /// The repositories of these claims that a listing is worthwhile for, with the number of pages after which it is so
    /// no more: where its size was not known, HEADs would have been cheaper from there on.
    private func worthListing(
        _ claims: [Claim], window: ClaimWindow, session: WorkerSession
    ) async throws -> [(repository: Repository, pages: Int)] {
        var sources: [Repository: BulkSource] = [:]
        for repository in Set(claims.map(\.reference.repository)).sorted() {
            guard let source = await digests.bulkSource(of: repository), source.pausedFor == .zero else { continue }
            sources[repository] = source
        }
        let counts = try await store.tagCounts(
            of: sources.keys.sorted(), worker: session, limit: 10_000, window: window)
        return sources.sorted { $0.key < $1.key }.compactMap { repository, source in
            guard let counts = counts[repository],
                ListingSchedule.isWorthwhile(
                    due: counts.due, tracked: counts.tracked, requests: source.requestsLastTime)
            else { return nil }
            // One answer with everything comes in several pages.
            return (repository, source.tagsPerRequest > ListingPage.mostTags ? .max : counts.tracked)
        }
    }

    /// Reads a repository's listing page by page, and records each page as it comes.
    private func list(
        _ claim: ListingClaim, atMost most: Int, session: WorkerSession
    ) async throws -> BulkOutcome {
        let startedAt = clock()
        let mayLeave = settings.policy.mayLeaveListing(wholeAt: claim.wholeAt, at: startedAt)
        var outcome = BulkOutcome()
        var members: [ListedMember] = []
        var end: ListingEnd?
        do {
            reading: for try await page in digests.listing(of: claim.repository) {
                outcome.requests += 1
                if members.count < ListingMemory.mostTags {
                    members += page.tags.map { ListedMember(tag: $0.tag, digest: $0.digest, pushedAt: $0.pushedAt) }
                }
                try await take(page, of: claim, into: &outcome, session: session)
                if mayLeave, let previous = claim.previous, BulkPlan.isOld(page, previous: previous) {
                    end = outcome.end(isWhole: false)
                    break reading
                }
                if outcome.requests >= most {
                    end = .abandoned
                    break reading
                }
                guard try await store.keepListing(claim, worker: session, lease: Self.listingLease, at: clock()) else {
                    return outcome
                }
            }
        } catch let failure as CheckFailure {
            logger.debug("\(claim.repository) is checked tag by tag: its listing failed: \(failure)")
            end = .failed(pause: failure.retryAfter.map { $0 / .seconds(1) } ?? 0)
        }
        // In a cancelled task a listing may end as if it were complete.
        if end == nil, !Task.isCancelled {
            end = outcome.end(isWhole: true)
            // The past of what was seen for the first time is asked for next.
            if outcome.hasFirstSightings {
                listings.keep(members, of: claim.repository, at: clock())
                listed.withLock { $0.append(claim.repositoryID) }
            }
        }
        try await self.end(claim, end ?? .failed(pause: 0), session: session, from: startedAt)
        return outcome
    }

    private func end(
        _ claim: ListingClaim, _ end: ListingEnd, session: WorkerSession, from startedAt: Timestamp
    ) async throws {
        try await store.endListing(
            claim, end, policy: settings.policy, worker: session, startedAt: startedAt, at: clock())
    }

    private func take(
        _ page: ListingPage, of listing: ListingClaim, into outcome: inout BulkOutcome, session: WorkerSession
    ) async throws {
        for start in stride(from: 0, to: page.tags.count, by: 1_000) {
            let part = page.tags[start..<min(start + 1_000, page.tags.count)]
            let listed = Dictionary(
                part.filter { $0.digest != nil }.map {
                    (TagReference(repository: listing.repository, tag: $0.tag), $0)
                }, uniquingKeysWith: { first, _ in first })
            let claims = try await store.listedTags(listed.keys.sorted())
            var results: [CheckResult] = []
            var doubtful: [Claim] = []
            for (claim, known) in claims {
                guard let tag = listed[claim.reference], let digest = tag.digest else { continue }
                // Who was asked later knows better.
                if let time = claim.lastSucceededAt, time >= page.askedAt { continue }
                if BulkPlan.isDoubtful(tag, digest: digest, against: claim, known: known) {
                    doubtful.append(claim)
                    continue
                }
                results.append(
                    CheckResult(
                        claim: claim, answer: .found(digest, mediaType: tag.mediaType, pushedAt: tag.pushedAt),
                        startedAt: page.askedAt, checkedAt: page.askedAt, way: .listing(previous: listing.previous)))
            }
            if results.contains(where: { $0.claim.digestID == nil }) { outcome.hasFirstSightings = true }
            let answered = results.map(\.claim.tagID)
            health.note(results)
            let counts = await Task { await self.record(results, of: [], session: session) }.value
            if !counts.isEmpty { outcome.answered.formUnion(answered) }
            try await store.takeListed(part.platformsByDigest, at: clock())
            outcome.counts.merge(counts, uniquingKeysWith: +)
            if !doubtful.isEmpty {
                outcome.counts.merge(await check(doubtful, session: session), uniquingKeysWith: +)
                outcome.answered.formUnion(doubtful.map(\.tagID))
            }
        }
    }
}

extension BulkOutcome {
    func end(isWhole: Bool) -> ListingEnd {
        .read(requests: requests, answered: answered.count, found: counts[.changed] ?? 0, isWhole: isWhole)
    }
}

extension ArraySlice<ListedTag> {
    /// What the listing says of indexes' platforms.
    fileprivate var platformsByDigest: [Digest: [PlatformDigest]] {
        let told = filter { !$0.platforms.isEmpty }.compactMap { tag in tag.digest.map { ($0, tag.platforms) } }
        return Dictionary(told, uniquingKeysWith: { first, _ in first })
    }
}
