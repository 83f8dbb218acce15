import LibPQ
public import OCI

extension TagStore {
    /// How many tags of each repository are tracked, and how many of them a listing could answer for now: those that are
    /// due and that no other worker checks; of a repository that is listed regularly only those that came after its
    /// last listing, because what that left out the next one will leave out again. Counted up to `limit`.
    public func tagCounts(
        of repositories: [Repository], worker: WorkerSession, limit: Int, window: ClaimWindow
    ) async throws -> [Repository: TagCounts] {
        guard !repositories.isEmpty else { return [:] }
        let rows = try await pool.run(
            CountTags(repositories: repositories, workerID: worker.id, limit: limit, window: window)
        ).rows
        return Dictionary(uniqueKeysWithValues: rows.map { (repositories[$0.index - 1], $0.counts) })
    }

    /// What is tracked of these tags, due or not, with the newest digest borne, for a listing that answers for all of them.
    /// They are not claimed: nobody claims a tag of a repository that is being listed, and whoever had claimed one before
    /// finds it answered.
    public func listedTags(_ references: [TagReference]) async throws -> [(claim: Claim, digest: Digest?)] {
        let rows = try await pool.transactionByKeys { try await $0.run(SelectListed(references: references)).rows }
        let names = try await repositories(rows.map(\.claim.repositoryID))
        return zip(rows, names).compactMap { row, name in name.map { (row.claim.of($0), row.digest) } }
    }

    /// Those of some claims that were answered by another since a time.
    public func answered(_ claims: [Claim], since time: Timestamp) async throws -> Set<Int32> {
        Set(
            try await pool.transactionByKeys {
                try await $0.run(SelectAnswered(ids: claims.map(\.tagID), since: time)).rows
            })
    }
}

public struct TagCounts: Sendable {
    public let due: Int
    public let tracked: Int
}

struct CountTags: Statement {
    struct Row: Sendable {
        /// From 1 on.
        let index: Int
        let counts: TagCounts
    }
    let repositories: [Repository]
    let workerID: Int32
    let limit: Int
    let window: ClaimWindow
    static let sql: SQL = """
        SELECT i.number, tags.due, tags.tracked FROM unnest($1::text[]) WITH ORDINALITY i (prefix, number), LATERAL (
            SELECT count(*) FILTER (WHERE is_due) AS due, count(*) AS tracked FROM (
                SELECT c.next_check_at <= $2
                    AND (c.last_checked_at IS NULL OR c.last_checked_at < $5)
                    AND (s.next_listing_at IS NULL OR s.lister_id IS NOT NULL OR t.tracked_since > s.last_listing_at)
                    AND c.tag_id NOT IN (SELECT unnest(k.tag_ids) FROM claims k WHERE k.worker_id <> $3) AS is_due
                FROM repositories r JOIN tags t ON t.repository_id = r.id JOIN tag_checks c ON c.tag_id = t.id
                LEFT JOIN repository_schedules s ON s.repository_id = r.id
                WHERE r.prefix = i.prefix AND c.next_check_at < 'infinity'
                LIMIT $4) tag) tags
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.prefix))
        parameters.append(window.until)
        parameters.append(workerID)
        parameters.append(limit)
        parameters.append(window.checkedBefore)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(index: try row.next(), counts: TagCounts(due: try row.next(), tracked: try row.next()))
    }
}

struct SelectListed: Statement {
    let references: [TagReference]
    static let sql: SQL =
        "SELECT d.digest, " + Claim.columns + """
            NULL::bigint[], c.ctid FROM\u{20}
            """ + TagKeys.named + """
             JOIN tag_checks c ON c.tag_id = t.id LEFT JOIN digests d ON d.id = c.digest_id
            WHERE isfinite(c.next_check_at)
            """
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (claim: UnnamedClaim, digest: Digest?) {
        let digest: Digest? = try row.next()
        return (try Claim.decode(&row), digest)
    }
}

struct SelectAnswered: Statement {
    let ids: [Int32]
    let since: Timestamp
    static let sql: SQL = "SELECT c.tag_id FROM tag_checks c WHERE c.tag_id = ANY ($1) AND c.last_checked_at >= $2"
    func bind(_ parameters: inout Parameters) {
        parameters.append(ids)
        parameters.append(since)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}
