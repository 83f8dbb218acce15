import LibPQ
public import OCI
public import TagHistory

/// A repository that a worker lists, with what was known of it when it was claimed.
public struct ListingClaim: Sendable {
    public let repository: Repository
    public let repositoryID: Int32
    public let registryID: Int32
    /// The last listing.
    public let previous: Timestamp?
    /// The last one that was read to its end.
    public let wholeAt: Timestamp?
    /// Nil where it is not listed regularly yet.
    let listing: ListingSchedule?
    let burst: Int16
    let failures: Int16
}

public enum ListingRight: Sendable {
    case granted(ListingClaim)
    /// Another worker lists it, or another part of this one.
    case busy
    /// Its listing was of little use, or failed, not long ago: tags are asked for one by one.
    case tooSoon
}

/// What a listing came to.
public enum ListingEnd: Sendable {
    /// - Parameters:
    ///   - requests: that it took.
    ///   - answered: tracked tags that it answered for.
    ///   - found: those of them that had changed.
    ///   - isWhole: whether it was read to its end, so that tags that it did not show are not in it.
    case read(requests: Int, answered: Int, found: Int, isWhole: Bool)
    /// It was left because asking for each tag costs less.
    case abandoned
    /// - Parameter pause: seconds for which the listing cannot be had.
    case failed(pause: Double)
}

extension TagStore {
    /// Asks for the right to list a repository, due or not. It ends with the worker's session or its lease.
    public func beginListing(
        _ repository: Repository, worker: WorkerSession, lease: Double, at now: Timestamp
    ) async throws -> ListingRight {
        guard let id = try await pool.first(PlaceListing(repository: repository)) else { return .busy }
        let grant = ClaimListing(
            repositoryID: id, workerID: worker.id, until: now.advanced(bySeconds: lease), now: now)
        if let claim = try await pool.first(grant) { return .granted(claim) }
        let mayList = try await pool.first(MayList(repositoryID: id, now: now)) ?? true
        return mayList ? .busy : .tooSoon
    }

    /// Claims the repository of a registry whose listing has been due for longest; nil where none is.
    public func claimDueListing(
        registryID: Int32, worker: WorkerSession, lease: Double, window: ClaimWindow
    ) async throws -> ListingClaim? {
        try await pool.first(
            ClaimDueListing(
                registryID: registryID, workerID: worker.id, until: window.now.advanced(bySeconds: lease),
                window: window))
    }

    /// Goes on with a listing that takes long.
    /// - Returns: false where another worker has it by now.
    public func keepListing(
        _ claim: ListingClaim, worker: WorkerSession, lease: Double, at now: Timestamp
    ) async throws -> Bool {
        try await pool.run(
            KeepListing(
                repositoryID: claim.repositoryID, workerID: worker.id, until: now.advanced(bySeconds: lease))
        ).affected > 0
    }

    /// Ends a listing and says when the next one is. What a whole one did not show is asked for by itself at once; where
    /// listings are of no use, or cannot be had any more, all tags are checked one by one again.
    public func endListing(
        _ claim: ListingClaim, _ end: ListingEnd, policy: CheckPolicy, worker: WorkerSession, startedAt: Timestamp,
        at now: Timestamp
    ) async throws {
        try await pool.retryingTransaction { connection in
            let book = try await connection.scheduleBook(
                registries: [claim.registryID], repositories: [],
                locking: [(claim.registryID, claim.repositoryID)], policy: policy, at: now)
            guard let batch = book[claim.registryID] else { return }
            let next = NextListing(claim, end, batch: batch, startedAt: startedAt, at: now)
            guard
                try await connection.run(EndListing(claim: claim, next: next, workerID: worker.id)).affected > 0
            else { return }
            if next.isHopeless {
                try await connection.run(ReleaseSwept(repositoryID: claim.repositoryID, batch: batch, now: now))
            } else if case .read(_, _, _, isWhole: true) = end {
                try await connection.run(
                    PullLeftOut(repositoryID: claim.repositoryID, before: startedAt, clock: batch.lane.clock))
            }
        }
    }
}

/// When a repository is listed again.
struct NextListing: Sendable {
    var listing: ListingSchedule?
    /// Nil: not regularly.
    var nextAt: Timestamp?
    var wholeAt: Timestamp?
    var listedAt: Timestamp?
    let listAfter: Timestamp
    var failures: Int16 = 0

    /// No listing answers for this repository's tags any more.
    var isHopeless: Bool { nextAt == nil }

    /// Failures in a row after which tags are not left waiting for a listing any more.
    static let mostFailures: Int16 = 3
    /// Seconds.
    static let failurePause = 600.0

    init(_ claim: ListingClaim, _ end: ListingEnd, batch: ScheduleBatch, startedAt: Timestamp, at now: Timestamp) {
        listing = claim.listing
        listedAt = claim.previous
        wholeAt = claim.wholeAt
        let policy = batch.policy
        switch end {
        case .failed(let pause):
            failures = claim.failures &+ 1
            listAfter = now.advanced(bySeconds: max(Self.failurePause, pause))
            guard listing != nil, failures < Self.mostFailures, pause <= 3_600 else { return }
            nextAt = policy.retry(failures: Int(failures), retryAfter: pause, lane: batch.lane, at: now)
        case .abandoned: listAfter = now.advanced(bySeconds: policy.listingPause)
        case .read(let requests, let answered, let found, let isWhole):
            listedAt = startedAt
            if isWhole { wholeAt = startedAt }
            guard ListingSchedule.isUseful(answered: answered, isWhole: isWhole) else {
                listAfter = now.advanced(bySeconds: policy.listingPause)
                return
            }
            listAfter = now
            let schedule = ListingSchedule.after(
                listing, found: found, spent: requests, burst: claim.burst,
                repository: batch.repositories[claim.repositoryID] ?? RepositorySchedule(), lane: batch.lane,
                at: startedAt)
            listing = schedule
            nextAt = policy.nextListing(schedule, at: startedAt)
        }
    }
}

/// - Returns: the number of a repository, whose row stands now.
struct PlaceListing: Statement {
    let repository: Repository
    static let sql: SQL = """
        WITH place AS MATERIALIZED (
            SELECT r.id, r.registry_id FROM repositories r WHERE r.prefix = $1),
        made AS (
            INSERT INTO repository_schedules (repository_id, registry_id) SELECT id, registry_id FROM place
            WHERE NOT EXISTS (SELECT FROM repository_schedules s WHERE s.repository_id = place.id)
            ON CONFLICT DO NOTHING)
        SELECT id FROM place
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.prefix)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

extension ListingClaim {
    /// Of `repository_schedules` s and `repositories` r.
    static let columns: SQL = """
        r.prefix, s.repository_id, s.registry_id, s.last_listing_at, s.whole_listing_at,
        s.next_listing_at, s.changes, s.days, s.bursts, s.requests, s.burst, s.failures
        """

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ListingClaim {
        let repository = try Repository.decodePrefix(&row)
        let repositoryID: Int32 = try row.next()
        let registryID: Int32 = try row.next()
        let previous: Timestamp? = try row.next()
        let wholeAt: Timestamp? = try row.next()
        let nextAt: Timestamp? = try row.next()
        let changes: Float? = try row.next()
        let days: Float? = try row.next()
        let bursts: Float? = try row.next()
        let requests: Float? = try row.next()
        var listing: ListingSchedule?
        if let previous, let nextAt, let changes, let days, let bursts, let requests {
            listing = ListingSchedule(
                lastListingAt: previous, nextListingAt: nextAt, changes: changes, days: days, bursts: bursts,
                requests: requests)
        }
        return ListingClaim(
            repository: repository, repositoryID: repositoryID, registryID: registryID, previous: previous,
            wholeAt: wholeAt, listing: listing, burst: try row.next(), failures: try row.next())
    }
}

/// From its beginning on a listing is due until it is ended, so that another worker reads it where this one dies: tags that
/// it has answered for wait for no other check.
struct ClaimListing: Statement {
    let repositoryID: Int32
    let workerID: Int32
    let until: Timestamp
    let now: Timestamp
    static let sql: SQL =
        """
        UPDATE repository_schedules s SET lister_id = $2, lister_until = $3,
            next_listing_at = COALESCE(s.next_listing_at,
                (SELECT l.clock FROM lanes l WHERE l.registry_id = s.registry_id), $4)
        FROM repositories r
        WHERE s.repository_id = $1 AND r.id = $1 AND s.lister_id IS NULL AND s.list_after <= $4
        RETURNING\u{20}
        """ + ListingClaim.columns
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositoryID)
        parameters.append(workerID)
        parameters.append(until)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ListingClaim { try ListingClaim.decode(&row) }
}

struct MayList: Statement {
    let repositoryID: Int32
    let now: Timestamp
    static let sql: SQL =
        "SELECT s.lister_id IS NOT NULL OR s.list_after <= $2 FROM repository_schedules s WHERE s.repository_id = $1"
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositoryID)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

/// Tags and listings stand in one queue: a listing waits for the tags that are due before it, or it would carry the clock
/// past them.
struct ClaimDueListing: Statement {
    let registryID: Int32
    let workerID: Int32
    let until: Timestamp
    let window: ClaimWindow
    static let sql: SQL =
        """
        WITH first AS MATERIALIZED (
            SELECT\u{20}
        """ + ClaimDue.due + """
                ORDER BY c.next_check_at LIMIT 1),
            turn AS MATERIALIZED (
                SELECT COALESCE($5, greatest((SELECT next_check_at FROM first),
                    (SELECT l.clock FROM lanes l WHERE l.registry_id = $1 AND EXISTS (SELECT FROM first))), $2) AS at),
            due AS MATERIALIZED (
                SELECT s.repository_id, s.next_listing_at FROM repository_schedules s
                WHERE s.registry_id = $1 AND s.next_listing_at <= $2 AND s.lister_id IS NULL AND s.list_after <= $4
                    AND (s.last_listing_at IS NULL OR s.last_listing_at < $3)
                    AND s.next_listing_at <= (SELECT at FROM turn)
                ORDER BY s.next_listing_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
            moved AS (\u{20}
            """ + MoveClock.update + """
                (SELECT next_listing_at FROM due), $5)
                WHERE l.registry_id = $1 AND EXISTS (SELECT FROM due))
            UPDATE repository_schedules s SET lister_id = $6, lister_until = $7
            FROM due, repositories r JOIN registries g ON g.id = r.registry_id
            WHERE s.repository_id = due.repository_id AND r.id = due.repository_id
            RETURNING\u{20}
            """ + ListingClaim.columns
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        window.bind(&parameters)
        parameters.append(workerID)
        parameters.append(until)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ListingClaim { try ListingClaim.decode(&row) }
}

struct KeepListing: Statement {
    typealias Row = Never
    let repositoryID: Int32
    let workerID: Int32
    let until: Timestamp
    static let sql: SQL =
        "UPDATE repository_schedules SET lister_until = $3 WHERE repository_id = $1 AND lister_id = $2"
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositoryID)
        parameters.append(workerID)
        parameters.append(until)
    }
}

struct EndListing: Statement {
    typealias Row = Never
    let claim: ListingClaim
    let next: NextListing
    let workerID: Int32
    static let sql: SQL = """
        UPDATE repository_schedules SET lister_id = NULL, lister_until = NULL, next_listing_at = $3,
            last_listing_at = $4, whole_listing_at = $5, list_after = $6, failures = $7, changes = $8, days = $9,
            bursts = $10, requests = $11
        WHERE repository_id = $1 AND lister_id = $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(claim.repositoryID)
        parameters.append(workerID)
        parameters.append(next.nextAt)
        parameters.append(next.listedAt)
        parameters.append(next.wholeAt)
        parameters.append(next.listAfter)
        parameters.append(next.failures)
        parameters.append(next.listing?.changes)
        parameters.append(next.listing?.days)
        parameters.append(next.listing?.bursts)
        parameters.append(next.listing?.requests)
    }
}

/// The tags of repository $1 that a listing answered for, in the order in which locks are taken; without waiting, for the
/// repository's row is held.
private let swept: SQL = """
    SELECT c.tag_id FROM tags t JOIN tag_checks c ON c.tag_id = t.id
    WHERE t.repository_id = $1 AND c.reason = 4 AND c.next_check_at < 'infinity'\u{20}
    """

/// What was checked before the listing began and is not in it is due now.
struct PullLeftOut: Statement {
    typealias Row = Never
    let repositoryID: Int32
    let before: Timestamp
    let clock: Timestamp
    static let sql: SQL =
        "WITH mine AS MATERIALIZED (" + swept + """
            AND c.last_checked_at < $2 ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED)
            UPDATE tag_checks c SET next_check_at = LEAST(c.next_check_at, $3), reason = 1 FROM mine
            WHERE c.tag_id = mine.tag_id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositoryID)
        parameters.append(before)
        parameters.append(clock)
    }
}

/// Each is due somewhere within its own interval.
struct ReleaseSwept: Statement {
    typealias Row = Never
    let repositoryID: Int32
    let batch: ScheduleBatch
    let now: Timestamp
    static let sql: SQL =
        "WITH mine AS MATERIALIZED (" + swept + """
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED)
            UPDATE tag_checks c SET reason = 1, next_check_at = LEAST(c.next_check_at, $2 + random() * interval '1 day'
                * greatest($3, least($4, $5 / sqrt(greatest(1e-9, COALESCE(c.rate, 0.038)::float8)
                    * (c.credits + 1) / (c.seen_changes + 1)))))
            FROM mine WHERE c.tag_id = mine.tag_id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositoryID)
        switch batch.policy {
        case .adaptive:
            parameters.append(batch.lane.clock)
            parameters.append(LaneSchedule.floorDays)
            parameters.append(batch.lane.ceilingDays)
        case .fixed(let interval):
            parameters.append(now)
            parameters.append(interval / 86_400)
            parameters.append(interval / 86_400)
        }
        parameters.append(batch.lane.spacing)
    }
}
