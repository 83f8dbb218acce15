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
        return try await pool.transaction(settings: ClaimDue.settings) { connection in
            // Whoever comes second sees what the first has claimed.
            _ = try await connection.first(LockLane(registryID: registryID))
            return try await connection.run(claim).rows
        }.map { $0.expiring(at: end) }
    }

    /// Claims tags that somebody waits for, due or not, unless they are being checked already.
    public func claimRequested(
        worker: WorkerSession, limit: Int, lease: Double, at now: Timestamp
    ) async throws -> [Claim] {
        let end = now.advanced(bySeconds: lease)
        return try await pool.run(ClaimRequested(workerID: worker.id, limit: limit, expiresAt: end))
            .rows.map { $0.expiring(at: end) }
    }

    /// Makes what dead workers held available again.
    public func freeLostClaims(at now: Timestamp) async throws { try await pool.run(FreeLostClaims(now: now)) }

    /// Gives claims back unchecked.
    public func release(_ claims: [Claim], worker: WorkerSession) async throws {
        try await pool.run(ReleaseClaims(tagIDs: claims.map(\.tagID), workerID: worker.id))
    }
}

extension Claim {
    /// The columns of a claimed tag's row `c`, but for the requests.
    static let columns: SQL = """
        c.tag_id, c.registry_id, g.name || '/' || r.path || ':' || c.tag, c.digest_id, c.digest_head, c.is_missing, c.failures,
        c.last_succeeded_at, c.repository_id,\u{20}
        """ + TagSchedule.columns + ", "
    static let tables: SQL = " JOIN repositories r ON r.id = c.repository_id JOIN registries g ON g.id = r.registry_id"

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim {
        Claim(
            tagID: try row.next(), registryID: try row.next(), reference: try row.next(),
            digestID: try row.next(), digestHead: try row.next(), isMissing: try row.next(), failures: try row.next(),
            lastSucceededAt: try row.next(), repositoryID: try row.next(), schedule: try TagSchedule.decode(&row),
            requestIDs: try row.next())
    }
}

/// Tags are not locked: a lock is written into the tag's page, and a thousand tags are on as many pages. Whoever claims
/// holds the lane, and whom a claim of the same tag meets leaves it alone. What was claimed by request, checked and recorded
/// while this statement ran is checked once more. Claims are inserted in one order everywhere, so that two workers never
/// wait for each other crosswise.
struct ClaimDue: Statement {
    /// What of a lane a ``ClaimWindow`` shows.
    static let due: SQL = """
        c.* FROM tag_checks c
        WHERE c.registry_id = $1 AND c.next_check_at <= $2
            AND (c.last_checked_at IS NULL OR c.last_checked_at < $3)
            AND NOT EXISTS (SELECT FROM claims k WHERE k.tag_id = c.tag_id)
            AND NOT EXISTS (SELECT FROM repository_schedules s
                WHERE s.repository_id = c.repository_id AND s.lister_id IS NOT NULL)\u{20}
        """
    /// Nothing of it has to outlast the database's crash, so nobody waits for the disk; and nobody waits for long for a
    /// process that stands still in the middle of it.
    static let settings = Pool.local(Pool.patience(waitsForDisk: false))
    let registryID: Int32
    let workerID: Int32
    let limit: Int
    let window: ClaimWindow
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH due AS MATERIALIZED (
            SELECT\u{20}
        """ + due + """
                ORDER BY c.next_check_at LIMIT $6),
            claimed AS (
                INSERT INTO claims (tag_id, worker_id, expires_at) SELECT tag_id, $7, $8 FROM due ORDER BY tag_id
                ON CONFLICT DO NOTHING RETURNING tag_id),
            moved AS (\u{20}
            """ + MoveClock.update + """
                (SELECT max(next_check_at) FROM due), $5)
                WHERE l.registry_id = $1 AND EXISTS (SELECT FROM due))
            SELECT\u{20}
            """ + Claim.columns
        + "ARRAY[]::bigint[] FROM claimed k JOIN due c ON c.tag_id = k.tag_id"
        + Claim.tables + " ORDER BY c.next_check_at, c.tag_id"
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        window.bind(&parameters)
        parameters.append(limit)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim { try Claim.decode(&row) }
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
    let workerID: Int32
    let limit: Int
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH wanted AS MATERIALIZED (
            SELECT q.id, q.tag_id FROM check_requests q
            WHERE q.finished_at IS NULL AND NOT EXISTS (SELECT FROM claims k WHERE k.tag_id = q.tag_id)
                AND EXISTS (SELECT FROM tag_checks c WHERE c.tag_id = q.tag_id)
            ORDER BY q.id LIMIT $1
            FOR NO KEY UPDATE OF q SKIP LOCKED),
        claimed AS (
            INSERT INTO claims (tag_id, worker_id, expires_at)
            SELECT DISTINCT tag_id, $2::integer, $3::timestamptz FROM wanted ORDER BY tag_id
            ON CONFLICT DO NOTHING RETURNING tag_id)
        SELECT\u{20}
        """ + Claim.columns + """
            ARRAY(SELECT w.id FROM wanted w WHERE w.tag_id = k.tag_id)
            FROM claimed k JOIN tag_checks c ON c.tag_id = k.tag_id
            """ + Claim.tables
    func bind(_ parameters: inout Parameters) {
        parameters.append(limit)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim { try Claim.decode(&row) }
}

struct ReleaseClaims: Statement {
    typealias Row = Never
    let tagIDs: [Int32]
    let workerID: Int32
    static let sql: SQL = "DELETE FROM claims WHERE tag_id = ANY ($1) AND worker_id = $2"
    func bind(_ parameters: inout Parameters) {
        parameters.append(tagIDs)
        parameters.append(workerID)
    }
}
