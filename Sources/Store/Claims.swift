import LibPQ
public import OCI

/// One tag that a worker has to itself for a while, with what was known of it when it was claimed.
public struct Claim: Sendable {
    public let tagID: Int32
    public let registryID: Int32
    public let reference: TagReference
    /// The newest digest borne, nil before the first sighting.
    public let digest: Digest?
    public let digestID: Int32?
    public let isMissing: Bool
    /// How many checks in a row have failed.
    public let failures: Int16
    /// The last check that found the tag.
    public let lastSucceededAt: Timestamp?
    let hasMediaType: Bool
    /// Those who asked for this check.
    let requestIDs: [Int64]
}

/// A registry with checks that are due, or the time of the next one.
public struct Lane: Sendable {
    public let registryID: Int32
    public let registry: Registry
    public let nextCheckAt: Timestamp
}

extension TagStore {
    /// Every registry with something to check, and when.
    public func lanes() async throws -> [Lane] { try await pool.run(SelectLanes()).rows }

    /// Claims up to `limit` due tags of one registry, those waiting longest first. No lock is held afterwards.
    /// - Parameter lease: seconds after which the claim is free although the worker lives.
    public func claimDue(
        registryID: Int32, worker: WorkerSession, limit: Int, lease: Double, at now: Timestamp
    ) async throws -> [Claim] {
        try await pool.run(
            ClaimDue(
                registryID: registryID, workerID: worker.id, limit: limit, now: now,
                expiresAt: now.advanced(bySeconds: lease))
        ).rows
    }

    /// Claims tags that somebody waits for, due or not, unless they are being checked already.
    public func claimRequested(
        worker: WorkerSession, limit: Int, lease: Double, at now: Timestamp
    ) async throws -> [Claim] {
        try await pool.run(
            ClaimRequested(workerID: worker.id, limit: limit, expiresAt: now.advanced(bySeconds: lease))
        ).rows
    }

    /// Makes what dead workers held available again.
    public func freeLostClaims(at now: Timestamp) async throws { try await pool.run(FreeLostClaims(now: now)) }

    /// Gives claims back unchecked.
    public func release(_ claims: [Claim], worker: WorkerSession) async throws {
        try await pool.run(ReleaseClaims(tagIDs: claims.map(\.tagID), workerID: worker.id))
    }
}

extension Claim {
    /// The columns of a claimed tag of `k` and its row `c`, but for the requests.
    static let columns: SQL = """
        c.tag_id, c.registry_id, t.reference, d.digest, c.digest_id, c.is_missing, c.failures,
        c.last_succeeded_at, d.media_type_id IS NOT NULL,\u{20}
        """
    static let tables: SQL = " JOIN tags t ON t.id = k.tag_id LEFT JOIN digests d ON d.id = c.digest_id"

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim {
        Claim(
            tagID: try row.next(), registryID: try row.next(), reference: try row.next(), digest: try row.next(),
            digestID: try row.next(), isMissing: try row.next(), failures: try row.next(),
            lastSucceededAt: try row.next(), hasMediaType: try row.next(), requestIDs: try row.next())
    }
}

/// One index look-up per registry instead of a scan over all due tags.
struct SelectLanes: Statement {
    static let sql: SQL = """
        SELECT g.id, g.name, next.at FROM registries g, LATERAL (
            SELECT c.next_check_at AS at FROM tag_checks c
            WHERE c.registry_id = g.id AND c.next_check_at < 'infinity' ORDER BY c.next_check_at LIMIT 1) next
        ORDER BY next.at
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Lane {
        let id: Int32 = try row.next()
        let name: String = try row.next()
        guard let registry = try? Registry(parsing: name) else { throw row.failure("is no registry's name") }
        return Lane(registryID: id, registry: registry, nextCheckAt: try row.next())
    }
}

/// Row locks only for the moment of claiming: another worker skips them and takes the next. Its recheck of
/// `next_check_at` on the locked row version keeps out what was checked between its snapshot and the lock. Claims are
/// inserted in one order everywhere, so that two workers never wait for each other crosswise.
struct ClaimDue: Statement {
    let registryID: Int32
    let workerID: Int32
    let limit: Int
    let now: Timestamp
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH due AS MATERIALIZED (
            SELECT c.tag_id, c.registry_id, c.digest_id, c.is_missing, c.failures, c.next_check_at,
                c.last_succeeded_at
            FROM tag_checks c
            WHERE c.registry_id = $1 AND c.next_check_at <= $2
                AND NOT EXISTS (SELECT FROM claims k WHERE k.tag_id = c.tag_id)
            ORDER BY c.next_check_at LIMIT $3
            FOR NO KEY UPDATE OF c SKIP LOCKED),
        claimed AS (
            INSERT INTO claims (tag_id, worker_id, expires_at) SELECT tag_id, $4, $5 FROM due ORDER BY tag_id
            ON CONFLICT DO NOTHING RETURNING tag_id)
        SELECT\u{20}
        """ + Claim.columns + "ARRAY[]::bigint[] FROM claimed k JOIN due c ON c.tag_id = k.tag_id"
        + Claim.tables + " ORDER BY c.next_check_at, c.tag_id"
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(now)
        parameters.append(limit)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim { try Claim.decode(&row) }
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
