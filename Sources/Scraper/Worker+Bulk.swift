import Logging
import OCI
import RegistryClient
import Store
import TagHistory

/// What a listing came to.
struct BulkOutcome: Sendable {
    /// Tags whose check is recorded.
    var answered: Set<Int32> = []
    var counts: [CheckOutcome: Int] = [:]
    var hasFirstSightings = false
}

// One listing answers for all tracked tags of a repository, due or not.
extension Worker {
    /// Checks claimed due tags of one registry: by listings where they are cheaper, the rest one by one.
    func checkDue(_ claims: [Claim], session: WorkerSession) async -> [CheckOutcome: Int] {
        var total: [CheckOutcome: Int] = [:]
        var answered: Set<Int32> = []
        do {
            for (repository, pages) in try await worthListing(claims, session: session) {
                guard !Task.isCancelled else { break }
                guard try await store.beginListing(repository, worker: session) else {
                    // Another worker lists it: what is claimed of it is left to that listing.
                    let left = claims.filter { $0.reference.repository == repository }
                    try await store.release(left, worker: session)
                    answered.formUnion(left.map(\.tagID))
                    bulk.noteOther(repository)
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                // Just listed by another: what it left out is asked for one by one.
                if bulk.takeOther(repository) {
                    bulk.note(repository, notBefore: clock().advanced(bySeconds: settings.schedule.interval / 2))
                    try await store.endListing(repository, worker: session)
                    continue
                }
                let outcome = await list(repository, atMost: pages, session: session)
                answered.formUnion(outcome.answered)
                total.merge(outcome.counts, uniquingKeysWith: +)
                try await store.endListing(repository, worker: session)
            }
        } catch { health.databaseFailed(error) }
        let rest = claims.filter { !answered.contains($0.tagID) }
        if !rest.isEmpty { total.merge(await check(rest, session: session), uniquingKeysWith: +) }
        return total
    }

    /// The repositories of these claims that a listing is worthwhile for, with the number of pages after which it is so
    /// no more: where its size was not known, HEADs would have been cheaper from there on.
    private func worthListing(
        _ claims: [Claim], session: WorkerSession
    ) async throws -> [(repository: Repository, pages: Int)] {
        let now = clock()
        var candidates: [Repository] = []
        var sources: [Repository: BulkSource] = [:]
        for repository in Set(claims.map(\.reference.repository)).sorted() where bulk.mayList(repository, at: now) {
            guard let source = await digests.bulkSource(of: repository), source.pausedFor == .zero else { continue }
            candidates.append(repository)
            sources[repository] = source
        }
        let counts = try await store.dueCounts(of: candidates, worker: session, limit: 10_000, at: now)
        return candidates.compactMap { repository in
            let due = counts[repository] ?? 0
            guard let source = sources[repository],
                BulkPlan.isWorthwhile(due: due, requests: source.requestsLastTime)
            else { return nil }
            // One answer with everything comes in several pages.
            return (repository, source.tagsPerRequest > ListingPage.mostTags ? .max : due)
        }
    }

    /// Reads a repository's listing page by page, and records each page as it comes. What it leaves out stays due.
    private func list(_ repository: Repository, atMost most: Int, session: WorkerSession) async -> BulkOutcome {
        var outcome = BulkOutcome()
        var pages = 0
        var isWhole = true
        var members: [ListedMember] = []
        // What others held when its page came, and may have given back since.
        var held: [ListingPage] = []
        // Failures may pass soon; what a whole listing left out is asked for one by one until the next.
        var pause = Self.pauseAfterFailedListing
        do {
            for try await page in digests.listing(of: repository) {
                pages += 1
                if members.count < ListingMemory.mostTags {
                    members += page.tags.map { ListedMember(tag: $0.tag, digest: $0.digest, pushedAt: $0.pushedAt) }
                }
                let left = try await take(page, of: repository, into: &outcome, session: session)
                if held.count < Self.mostHeldPages, !left.isEmpty {
                    held.append(ListingPage(askedAt: page.askedAt, tags: left))
                }
                isWhole = pages < most
                if !isWhole { break }
            }
            for page in held { _ = try await take(page, of: repository, into: &outcome, session: session) }
            pause = settings.schedule.interval / 2
            // The past of what was seen for the first time is asked for next.
            if isWhole, !Task.isCancelled, outcome.hasFirstSightings {
                listings.keep(members, of: repository, at: clock())
            }
        } catch {
            logger.debug("\(repository) is checked tag by tag: its listing failed: \(error)")
        }
        bulk.note(repository, notBefore: clock().advanced(bySeconds: pause))
        return outcome
    }

    /// Seconds in which a repository whose listing failed is checked tag by tag.
    private static let pauseAfterFailedListing = 600.0
    private static let mostHeldPages = 100

    private func take(
        _ page: ListingPage, of repository: Repository, into outcome: inout BulkOutcome, session: WorkerSession
    ) async throws -> [ListedTag] {
        var left: [ListedTag] = []
        for start in stride(from: 0, to: page.tags.count, by: 1_000) {
            let part = page.tags[start..<min(start + 1_000, page.tags.count)]
            let listed = Dictionary(
                part.filter { $0.digest != nil }.map { (TagReference(repository: repository, tag: $0.tag), $0) },
                uniquingKeysWith: { first, _ in first })
            let claims = try await store.claimListed(
                listed.keys.sorted(), worker: session, lease: settings.lease, at: clock())
            let claimed = Set(claims.map(\.reference))
            left += listed.values.filter { !claimed.contains(TagReference(repository: repository, tag: $0.tag)) }
            var results: [CheckResult] = []
            var doubtful: [Claim] = []
            for claim in claims {
                guard let tag = listed[claim.reference], let digest = tag.digest else { continue }
                // Who was asked later knows better.
                if let known = claim.lastSucceededAt, known >= page.askedAt { continue }
                if BulkPlan.isDoubtful(tag, digest: digest, against: claim) {
                    doubtful.append(claim)
                    continue
                }
                results.append(
                    CheckResult(
                        claim: claim, answer: .found(digest, mediaType: tag.mediaType, pushedAt: tag.pushedAt),
                        startedAt: page.askedAt, checkedAt: page.askedAt,
                        nextCheckAt: settings.schedule.nextCheck(after: page.askedAt)))
            }
            if results.contains(where: { $0.claim.digest == nil }) { outcome.hasFirstSightings = true }
            let answered = results.map(\.claim.tagID)
            health.note(results)
            let counts = await Task { await self.record(results, of: claims, session: session) }.value
            if !counts.isEmpty { outcome.answered.formUnion(answered) }
            try await store.takeListed(part.platformsByDigest, at: clock())
            outcome.counts.merge(counts, uniquingKeysWith: +)
            if !doubtful.isEmpty {
                outcome.counts.merge(await check(doubtful, session: session), uniquingKeysWith: +)
                outcome.answered.formUnion(doubtful.map(\.tagID))
            }
        }
        return left
    }
}

extension ArraySlice<ListedTag> {
    /// What the listing says of indexes' platforms.
    fileprivate var platformsByDigest: [Digest: [PlatformDigest]] {
        let told = filter { !$0.platforms.isEmpty }.compactMap { tag in tag.digest.map { ($0, tag.platforms) } }
        return Dictionary(told, uniquingKeysWith: { first, _ in first })
    }
}
