import Logging
import OCI
import RegistryClient
import Store
import Synchronization
import TagHistory

/// What one source of the past says of one tag, put into observations. Pure.
enum Past {
    /// A vendor's own record: each digest from its time on, exactly.
    static func observations(of past: [PastDigest]) -> [Observation] {
        let past = past.sorted { $0.from < $1.from }
        var observations: [Observation] = []
        // Until when some record says that the tag was there; nil: without end.
        var presentUntil: Timestamp?
        for (index, entry) in past.enumerated() {
            if index > 0, let end = presentUntil, entry.from.seconds(since: end) > shortestAbsence {
                observations.append(Observation(digest: nil, observedAt: end, notBefore: end, source: .registry))
            }
            if let digest = entry.digest {
                observations.append(
                    Observation(
                        digest: digest, observedAt: entry.from, notBefore: entry.from, pushedAt: entry.from,
                        source: .registry))
            }
            presentUntil = index == 0 ? entry.until : entry.until.flatMap { end in presentUntil.map { max($0, end) } }
        }
        return observations
    }

    /// Seconds between the end of one record and the beginning of the next that are no time without the tag.
    private static let shortestAbsence = 60.0

    /// The push time of the digest that the tag bears now. Where dated tags bore the digest later than that, it is not
    /// this tag's, but the digest's.
    static func push(
        of digest: Digest, at pushedAt: Timestamp?, siblings: [Observation], mediaType: MediaType?
    ) -> [Observation] {
        guard let pushedAt, pushedAt.isPlausible,
            !siblings.contains(where: { $0.digest != digest && $0.observedAt >= pushedAt })
        else { return [] }
        return [
            Observation(
                digest: digest, observedAt: pushedAt, pushedAt: pushedAt, mediaType: mediaType, source: .registry)
        ]
    }

    /// An image's own date.
    static func creation(of digest: Digest, at created: Timestamp?) -> [Observation] {
        guard let created, created.isPlausible else { return [] }
        return [Observation(digest: digest, observedAt: created, source: .metadata)]
    }
}

extension Timestamp {
    /// Reproducible builds date their images to the year 1, 1970 or 1980: years without containers, whose first came
    /// with Docker in March 2013.
    fileprivate var isPlausible: Bool { self >= Timestamp(seconds: 1_362_096_000) }
}

/// Asks registries for the past of tags that were just seen for the first time.
extension Worker {
    func backfill() async {
        while !Task.isCancelled {
            do {
                if try await backfillOnce() { continue }
            } catch { health.databaseFailed(error) }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// What this worker has just listed comes first.
    /// - Returns: whether there was anything to do.
    func backfillOnce() async throws -> Bool {
        if let repository = listed.withLock({ $0.popLast() }), try await backfill(of: repository) {
            listed.withLock { $0.append(repository) }
            return true
        }
        return try await backfill(of: nil)
    }

    private func backfill(of repositoryID: Int32?) async throws -> Bool {
        let paused = try await store.lanes(at: clock()).map(\.registry).filter { digests.availability(of: $0) > .zero }
        let claims = try await store.claimBackfills(
            of: repositoryID, limit: 500, excluding: paused, retryAfter: Self.backfillLease, at: clock())
        guard let repository = claims.first?.reference.repository else { return false }
        // A listing that failed a while ago is not asked for again yet; one that is refused for long is none.
        if let pause = digests.listingPause(of: repository), pause <= .seconds(3_600) {
            try await store.postpone(claims, until: clock().advanced(bySeconds: max(10, pause / .seconds(1))))
            return true
        }
        let siblings: DatedSeries?
        do {
            siblings = try await members(of: repository)
        } catch {
            logger.debug("the past of \(repository) is asked for later: \(error)")
            try await postpone(claims)
            return true
        }
        var found: [Int32: [Observation]] = [:]
        var unready: [Backfill] = []
        for claim in claims {
            if let observations = try await past(of: claim, siblings: siblings) {
                found[claim.tagID] = observations
            } else {
                unready.append(claim)
            }
        }
        try await store.backfill(found, at: clock())
        try await postpone(unready)
        return true
    }

    /// Seconds in which no other worker asks for the same tags' past.
    private static let backfillLease = 900.0
    /// Then what can be had without the rest is taken.
    private static let mostAttempts = 6
    private static let mostAttemptsAtHistory = 100

    private func postpone(_ claims: [Backfill]) async throws {
        for (attempts, claims) in Dictionary(grouping: claims, by: \.attempts) {
            let pause = min(3_600, 10 * Double(1 << min(Int(attempts), 12)))
            try await store.postpone(claims, until: clock().advanced(bySeconds: pause))
        }
    }

    /// What the repository's other tags bear, from the listing that a check has just read or from one of its own.
    private func members(of repository: Repository) async throws -> DatedSeries? {
        if let known = listings.recent(of: repository, at: clock()) { return DatedSeries(known, now: clock()) }
        guard await digests.bulkSource(of: repository) != nil else { return nil }
        var members: [ListedMember] = []
        for try await page in digests.listing(of: repository) {
            members += page.tags.map { ListedMember(tag: $0.tag, digest: $0.digest, pushedAt: $0.pushedAt) }
            if members.count >= ListingMemory.mostTags { break }
        }
        listings.keep(members, of: repository, at: clock())
        return DatedSeries(members, now: clock())
    }

    /// - Returns: nil where something may still come.
    private func past(of claim: Backfill, siblings: DatedSeries?) async throws -> [Observation]? {
        guard let digest = claim.digest else { return [] }
        let isLast = claim.attempts >= Self.mostAttempts
        do {
            if let history = try await digests.history(of: claim.reference, since: nil), !history.isEmpty {
                return Past.observations(of: history)
            }
        } catch {
            // What may pass is waited for, for days; what will not is done without.
            if Task.isCancelled || (error.mayPass && claim.attempts < Self.mostAttemptsAtHistory) { return nil }
        }
        let tag = claim.reference.tag
        let series = siblings?.past(of: tag, bearing: digest) ?? []
        let listed = siblings?.members[tag]
        let pushed = Past.push(
            of: digest, at: listed?.digest == digest ? listed?.pushedAt : nil, siblings: series, mediaType: nil)
        guard series.isEmpty, pushed.isEmpty else { return series + pushed }
        switch try await store.creation(of: digest) {
        case .known(let created): return Past.creation(of: digest, at: created)
        case .unknown: return []
        case .unread: return isLast ? [] : nil
        }
    }
}

extension CheckFailure {
    fileprivate var mayPass: Bool {
        switch code {
        case .unreachable, .timeout, .serverError, .rateLimited, .hostPaused, .cancelled: true
        case .tls, .forbiddenAddress, .unauthorized, .badAnswer, .tooLarge, .redirect, .notFound, .configuration: false
        }
    }
}
