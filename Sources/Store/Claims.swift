import LibPQ
public import OCI
public import TagHistory

/// One tag that a worker has to itself for a while, with what was known of it when it was claimed.
public struct Claim: Sendable {
    public let tagID: Int32
    public let registryID: Int32
    public let reference: TagReference
    /// The newest digest borne, nil before the first sighting.
    public let digestID: Int32?
    /// What it begins with; nil also as long as its media type is not known.
    let digestHead: DigestHead?
    public let isMissing: Bool
    /// How many checks in a row have failed.
    public let failures: Int16
    /// The last check that found the tag.
    public let lastSucceededAt: Timestamp?
    public let repositoryID: Int32
    /// Nil where the schedule does not know the tag's history.
    public let schedule: TagSchedule?
    /// Those who asked for this check.
    let requestIDs: [Int64]
    /// Where its row lies as long as nobody writes it.
    let place: RowPlace
    /// Until when nobody else claims the tag while the worker's session lives; nil for a tag that is only looked at.
    public internal(set) var expiresAt: Timestamp?

    func expiring(at time: Timestamp) -> Claim {
        var claim = self
        claim.expiresAt = time
        return claim
    }
}

/// What of a lane may be claimed.
public struct ClaimWindow: Sendable {
    /// The latest time for which a check may be claimed.
    public let until: Timestamp
    /// Only what was last checked before this.
    public let checkedBefore: Timestamp
    public let now: Timestamp
    /// Whether the lane's clock is time itself.
    let keepsTime: Bool

    public init(_ policy: CheckPolicy, lane: LaneSchedule?, at now: Timestamp) {
        until = lane.map { policy.claimable(in: $0, at: now) } ?? now
        checkedBefore = policy.checkedBefore(now)
        self.now = now
        keepsTime = policy != .adaptive
    }

    /// Everything that is due at a time, however lately it was checked.
    public init(everythingDueAt time: Timestamp, now: Timestamp) {
        until = time
        checkedBefore = time
        self.now = now
        keepsTime = false
    }
}

extension TagStore {
    /// Claims up to `limit` due tags of one registry, those waiting longest first, and moves the lane's clock on. No lock
    /// is held afterwards. Tags of repositories that are being listed are left to that.
    /// - Parameter lease: seconds after which the claim is free although the worker lives.
    public func claimDue(
        registryID: Int32, worker: WorkerSession, limit: Int, lease: Double, window: ClaimWindow
    ) async throws -> [Claim] {
        let end = window.now.advanced(bySeconds: lease)
        let claim = ClaimDue(registryID: registryID, workerID: worker.id, limit: limit, window: window, expiresAt: end)
        let found = try await pool.run(claim, settings: ClaimDue.settings(registryID)).rows
        return try await named(found, worker: worker, until: end)
    }

    /// Claims tags that somebody waits for, due or not, unless they are being checked already.
    public func claimRequested(
        worker: WorkerSession, limit: Int, lease: Double, at now: Timestamp
    ) async throws -> [Claim] {
        // Mostly nobody waits for anything, and other claims need not wait for this one.
        guard try await pool.first(SelectWhetherAwaited()) == true else { return [] }
        let end = now.advanced(bySeconds: lease)
        let claim = ClaimRequested(workerID: worker.id, limit: limit, expiresAt: end)
        let found = try await pool.run(claim, settings: ClaimRequested.settings).rows
        return try await named(found, worker: worker, until: end)
    }

    /// Makes what dead workers held available again.
    public func freeLostClaims(at now: Timestamp) async throws { try await pool.run(FreeLostClaims(now: now)) }

    /// Gives claims back unchecked.
    public func release(_ claims: [Claim], worker: WorkerSession) async throws {
        try await pool.run(ReleaseClaims(tagIDs: claims.map(\.tagID), workerID: worker.id))
    }

    /// Claims with their names. Where these cannot be read, nobody knows what was claimed: it is given back.
    private func named(_ found: [UnnamedClaim], worker: WorkerSession, until end: Timestamp) async throws -> [Claim] {
        do {
            let names = try await repositories(found.map(\.repositoryID))
            return zip(found, names).compactMap { claim, name in name.map { claim.of($0).expiring(at: end) } }
        } catch {
            _ = try? await pool.run(ReleaseClaims(tagIDs: found.map(\.tagID), workerID: worker.id))
            throw error
        }
    }
}

/// A claim whose repository is known by its number alone: names are looked up in the worker's memory, see
/// ``RepositoryNames``.
struct UnnamedClaim: Sendable {
    let tagID: Int32
    let repositoryID: Int32
    let of: @Sendable (Repository) -> Claim
}

extension Claim {
    /// The columns of a claimed tag's row `c`, but for the requests and its place.
    static let columns: SQL = """
        c.tag_id, c.registry_id, c.tag, c.digest_id, c.digest_head, c.is_missing, c.failures, c.last_succeeded_at,
        c.repository_id,\u{20}
        """ + TagSchedule.columns + ", "

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> UnnamedClaim {
        let tagID: Int32 = try row.next()
        let registryID: Int32 = try row.next()
        let tag: Tag = try row.next()
        let digestID: Int32? = try row.next()
        let digestHead: DigestHead? = try row.next()
        let isMissing: Bool = try row.next()
        let failures: Int16 = try row.next()
        let lastSucceededAt: Timestamp? = try row.next()
        let repositoryID: Int32 = try row.next()
        let schedule = try TagSchedule.decode(&row)
        let requestIDs: [Int64]? = try row.next()
        let place: RowPlace = try row.next()
        return UnnamedClaim(tagID: tagID, repositoryID: repositoryID) { repository in
            Claim(
                tagID: tagID, registryID: registryID, reference: TagReference(repository: repository, tag: tag),
                digestID: digestID, digestHead: digestHead, isMissing: isMissing, failures: failures,
                lastSucceededAt: lastSucceededAt, repositoryID: repositoryID, schedule: schedule,
                requestIDs: requestIDs ?? [], place: place)
        }
    }
}

/// What keeps claims apart, and is waited for before a claim looks at the table: whoever comes second sees what the first
/// has claimed.
private enum ClaimLock {
    /// Claims of different lanes do not wait for each other.
    static func lane(_ registryID: Int32) -> String {
        "SELECT pg_advisory_xact_lock_shared(7627110, 0), pg_advisory_xact_lock(7627110, \(registryID))"
    }
    /// For claims of any lane.
    static let all = "SELECT pg_advisory_xact_lock(7627110, 0)"
}

/// Tags are not locked: a lock is written into the tag's page, and a thousand tags are on as many pages. Nor has each tag
/// a row of its own: a thousand rows with their index took half of a claim's time.
struct ClaimDue: Statement {
    /// What of a lane a ``ClaimWindow`` shows.
    static let due: SQL = """
        c.* FROM tag_checks c
        WHERE c.registry_id = $1 AND c.next_check_at <= $2
            AND (c.last_checked_at IS NULL OR c.last_checked_at < $3)
            AND c.tag_id NOT IN (SELECT unnest(k.tag_ids) FROM claims k)
            AND c.repository_id NOT IN (SELECT s.repository_id FROM repository_schedules s WHERE s.lister_id IS NOT NULL)\u{20}
        """
    /// Nothing of it has to outlast the database's crash, so nobody waits for the disk; and nobody waits for long for a
    /// process that stands still in the middle of it, for all others may have to.
    fileprivate static let settings = Pool.local(Pool.patience(standstill: 2, waitsForDisk: false))
    static func settings(_ registryID: Int32) -> String { settings + "; " + ClaimLock.lane(registryID) }
    let registryID: Int32
    let workerID: Int32
    let limit: Int
    let window: ClaimWindow
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH due AS MATERIALIZED (
            SELECT c.ctid AS place,\u{20}
        """ + due + """
                ORDER BY c.next_check_at LIMIT $6),
            batch AS (
                INSERT INTO claims (tag_ids, worker_id, expires_at)
                SELECT array_agg(tag_id), $7, $8 FROM due HAVING count(*) > 0),
            moved AS (\u{20}
            """ + MoveClock.update + """
                (SELECT max(next_check_at) FROM due), $5)
                WHERE l.registry_id = $1 AND EXISTS (SELECT FROM due))
            SELECT\u{20}
            """ + Claim.columns
        + "NULL::bigint[], c.place FROM due c ORDER BY c.next_check_at, c.tag_id"
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        window.bind(&parameters)
        parameters.append(limit)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> UnnamedClaim { try Claim.decode(&row) }
}

extension ClaimWindow {
    /// $2 to $5; the last one is null where the lane's clock is not time itself.
    func bind(_ parameters: inout Parameters) {
        parameters.append(until)
        parameters.append(checkedBefore)
        parameters.append(now)
        parameters.append(keepsTime ? now : Timestamp?.none)
    }
}

/// The lane's clock stands at the latest time reached: see `LaneSchedule`.
enum MoveClock {
    /// Up to the arguments of `greatest`; $4 is now.
    static let update: SQL = "UPDATE lanes l SET claimed_at = $4, clock = greatest(l.clock, "
}

/// Requests for a tag that is gone are left out here, or they would keep others waiting.
struct ClaimRequested: Statement {
    static let settings = ClaimDue.settings + "; " + ClaimLock.all
    let workerID: Int32
    let limit: Int
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH wanted AS MATERIALIZED (
            SELECT q.id, q.tag_id FROM check_requests q
            WHERE q.finished_at IS NULL AND q.tag_id NOT IN (SELECT unnest(k.tag_ids) FROM claims k)
                AND EXISTS (SELECT FROM tag_checks c WHERE c.tag_id = q.tag_id)
            ORDER BY q.id LIMIT $1),
        batch AS (
            INSERT INTO claims (tag_ids, worker_id, expires_at)
            SELECT array_agg(DISTINCT tag_id), $2, $3 FROM wanted HAVING count(*) > 0)
        SELECT\u{20}
        """ + Claim.columns + """
            ARRAY(SELECT w.id FROM wanted w WHERE w.tag_id = c.tag_id), c.ctid
            FROM tag_checks c WHERE c.tag_id IN (SELECT tag_id FROM wanted)
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(limit)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> UnnamedClaim { try Claim.decode(&row) }
}

/// Takes tags out of the worker's rows that they stand in with others, and removes rows that are empty then.
struct ReleaseClaims: Statement {
    typealias Row = Never
    let tagIDs: [Int32]
    let workerID: Int32
    static let sql: SQL = """
        WITH held AS MATERIALIZED (
            SELECT k.id, k.tag_ids FROM claims k
            WHERE k.worker_id = $2
                AND EXISTS (SELECT FROM unnest(k.tag_ids) tag_id WHERE tag_id IN (SELECT unnest($1::integer[])))
            ORDER BY k.id FOR UPDATE),
        rest AS MATERIALIZED (
            SELECT h.id, ARRAY(
                SELECT tag_id FROM unnest(h.tag_ids) tag_id WHERE tag_id NOT IN (SELECT unnest($1::integer[]))) AS tag_ids
            FROM held h),
        kept AS (UPDATE claims k SET tag_ids = r.tag_ids FROM rest r WHERE k.id = r.id AND r.tag_ids <> '{}')
        DELETE FROM claims k USING rest r WHERE k.id = r.id AND r.tag_ids = '{}'
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(tagIDs)
        parameters.append(workerID)
    }
}
