import LibPQ
public import OCI

extension TagStore {
    /// How many tags of each repository are due and not being checked by another worker; counted up to `limit`.
    public func dueCounts(
        of repositories: [Repository], worker: WorkerSession, limit: Int, at now: Timestamp
    ) async throws -> [Repository: Int] {
        guard !repositories.isEmpty else { return [:] }
        let rows = try await pool.run(
            CountDue(repositories: repositories, workerID: worker.id, limit: limit, now: now)
        ).rows
        return Dictionary(uniqueKeysWithValues: rows.map { (repositories[$0.index - 1], $0.count) })
    }

    /// Claims what is tracked of these tags, due or not, for a listing that answers for all of them. What this worker
    /// holds already it keeps; what another holds is left to it.
    public func claimListed(
        _ references: [TagReference], worker: WorkerSession, lease: Double, at now: Timestamp
    ) async throws -> [Claim] {
        try await pool.run(
            ClaimListed(
                references: references, workerID: worker.id, expiresAt: now.advanced(bySeconds: lease))
        ).rows
    }

    /// Takes the right to list a repository, unless another worker is about it. It ends with the worker's session.
    public func beginListing(_ repository: Repository, worker: WorkerSession) async throws -> Bool {
        try await worker.connection.first(BeginListing(repository: repository)) ?? false
    }

    public func endListing(_ repository: Repository, worker: WorkerSession) async throws {
        try await worker.connection.run(EndListing(repository: repository))
    }
}

struct CountDue: Statement {
    struct Row: Sendable {
        /// From 1 on.
        let index: Int
        let count: Int
    }
    let repositories: [Repository]
    let workerID: Int32
    let limit: Int
    let now: Timestamp
    // The range of references is what an index answers: `:` ends a repository's name, `;` is the byte after it.
    static let sql: SQL = """
        SELECT i.number, due.count FROM unnest($1::text[]) WITH ORDINALITY i (repository, number), LATERAL (
            SELECT count(*) FROM (
                SELECT FROM tags t JOIN tag_checks c ON c.tag_id = t.id
                WHERE t.reference > i.repository || ':' AND t.reference < i.repository || ';' AND c.next_check_at <= $2
                    AND NOT EXISTS (SELECT FROM claims k WHERE k.tag_id = c.tag_id AND k.worker_id <> $3)
                LIMIT $4) tags) due
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.description))
        parameters.append(now)
        parameters.append(workerID)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(index: try row.next(), count: try row.next())
    }
}

struct ClaimListed: Statement {
    let references: [TagReference]
    let workerID: Int32
    let expiresAt: Timestamp
    static let sql: SQL =
        """
        WITH wanted AS MATERIALIZED (
            SELECT c.tag_id FROM tags t JOIN tag_checks c ON c.tag_id = t.id
            WHERE t.reference = ANY ($1) AND c.next_check_at < 'infinity'
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c SKIP LOCKED),
        claimed AS (
            INSERT INTO claims (tag_id, worker_id, expires_at)
            SELECT tag_id, $2::integer, $3::timestamptz FROM wanted ORDER BY tag_id
            ON CONFLICT (tag_id) DO UPDATE SET expires_at = excluded.expires_at
                WHERE claims.worker_id = excluded.worker_id
            RETURNING tag_id)
        SELECT\u{20}
        """ + Claim.columns + "ARRAY[]::bigint[] FROM claimed k JOIN tag_checks c ON c.tag_id = k.tag_id"
        + Claim.tables
    func bind(_ parameters: inout Parameters) {
        parameters.append(references)
        parameters.append(workerID)
        parameters.append(expiresAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Claim { try Claim.decode(&row) }
}

/// An advisory lock of the worker's own session: gone with it, and no row to clean up.
struct BeginListing: Statement {
    let repository: Repository
    static let sql: SQL = """
        SELECT pg_try_advisory_lock(7627109, r.id) FROM repositories r JOIN registries g ON g.id = r.registry_id
        WHERE g.name = $1 AND r.path = $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.registry.name)
        parameters.append(repository.path)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

struct EndListing: Statement {
    let repository: Repository
    static let sql: SQL = """
        SELECT pg_advisory_unlock(7627109, r.id) FROM repositories r JOIN registries g ON g.id = r.registry_id
        WHERE g.name = $1 AND r.path = $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.registry.name)
        parameters.append(repository.path)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}
