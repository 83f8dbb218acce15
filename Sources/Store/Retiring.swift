import LibPQ
public import OCI

extension TagStore {
    /// Checks tags no more that visitors added and nobody has looked at since; their history stays.
    /// - Returns: how many.
    public func retire(unviewedSince time: Timestamp, at now: Timestamp) async throws -> Int {
        var total = 0
        while true {
            let retired = try await pool.retryingTransaction {
                try await $0.run(RetireUnviewed(since: time, now: now)).affected
            }
            total += retired
            if retired < RetireUnviewed.most { return total }
        }
    }

    /// Watches a tag again that was retired. One that a person stopped sleeps on.
    /// - Parameter maxTracked: where so many tags are tracked, none is woken.
    /// - Returns: whether it woke.
    public func wake(_ reference: TagReference, maxTracked: Int, at now: Timestamp) async throws -> Bool {
        guard try await pool.first(IsRetired(reference: reference)) == true,
            try await trackedCount() < maxTracked
        else { return false }
        return try await track([reference], origin: .visitor, at: now)[reference] == .added
    }
}

struct RetireUnviewed: Statement {
    typealias Row = Never
    static let most = 5_000
    let since: Timestamp
    let now: Timestamp
    static let sql: SQL = """
        WITH locked AS MATERIALIZED (
            SELECT c.tag_id FROM tag_checks c JOIN tags t ON t.id = c.tag_id
            WHERE t.origin = 2 AND t.state <> 4 AND COALESCE(t.last_viewed_at, t.tracked_since) < $1
            ORDER BY c.tag_id LIMIT $3 FOR NO KEY UPDATE OF c),
        stopped AS (
            UPDATE tags t SET state = 4, retired_at = $2 FROM locked
            WHERE t.id = locked.tag_id AND t.state <> 4 RETURNING t.id)
        UPDATE tag_checks c SET next_check_at = 'infinity' FROM stopped WHERE c.tag_id = stopped.id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(since)
        parameters.append(now)
        parameters.append(Self.most)
    }
}

struct IsRetired: Statement {
    let reference: TagReference
    static let sql: SQL =
        "SELECT t.retired_at IS NOT NULL FROM " + TagKeys.tables + " WHERE t.state = 4 AND " + TagKeys.isNamed
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}
