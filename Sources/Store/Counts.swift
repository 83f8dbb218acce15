import LibPQ
public import OCI

/// Tags of one state.
public struct TagCount: Sendable {
    public let state: TagState
    public let tags: Int
    /// Changes of those tags.
    public let changes: Int
}

extension TagStore {
    /// How many tags and changes there are, from what the database counts by itself.
    public func counts() async throws -> [TagCount] { try await pool.run(CountStates()).rows }

    public func trackedCount() async throws -> Int { try await pool.first(CountTracked()) ?? 0 }

    /// Makes one row of many, so that counting stays quick. From time to time; several at once do no harm.
    public func foldCounts() async throws { try await pool.run(FoldTagCounts()) }
}

extension TagStore {
    /// Keeps how checks ended and what requests were spent by the day instead of by the hour where it is older than two
    /// months. For once a night; several at once do no harm.
    public func foldHours(at now: Timestamp) async throws {
        let before = now.advanced(bySeconds: -60 * 86_400)
        try await pool.run(FoldCheckCounts(before: before))
        try await pool.run(FoldRequestCounts(before: before))
    }
}

struct FoldCheckCounts: Statement {
    typealias Row = Never
    let before: Timestamp
    static let sql: SQL = """
        WITH old AS (
            DELETE FROM check_counts
            WHERE hour < date_trunc('day', $1::timestamptz, 'UTC') AND hour <> date_trunc('day', hour, 'UTC')
            RETURNING *)
        INSERT INTO check_counts AS c (hour, registry_id, seconds, unchanged, changed, missing, failed,
            last_succeeded_at, revealed, swept, requested, listed)
        SELECT date_trunc('day', hour, 'UTC'), registry_id, sum(seconds), sum(unchanged), sum(changed), sum(missing),
            sum(failed), max(last_succeeded_at), sum(revealed), sum(swept), sum(requested), sum(listed)
        FROM old GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (hour, registry_id) DO UPDATE SET seconds = c.seconds + excluded.seconds,
            unchanged = c.unchanged + excluded.unchanged, changed = c.changed + excluded.changed,
            missing = c.missing + excluded.missing, failed = c.failed + excluded.failed,
            last_succeeded_at = greatest(c.last_succeeded_at, excluded.last_succeeded_at),
            revealed = c.revealed + excluded.revealed, swept = c.swept + excluded.swept,
            requested = c.requested + excluded.requested, listed = c.listed + excluded.listed
        """
    func bind(_ parameters: inout Parameters) { parameters.append(before) }
}

struct FoldRequestCounts: Statement {
    typealias Row = Never
    let before: Timestamp
    static let sql: SQL = """
        WITH old AS (
            DELETE FROM request_counts
            WHERE hour < date_trunc('day', $1::timestamptz, 'UTC') AND hour <> date_trunc('day', hour, 'UTC')
            RETURNING *)
        INSERT INTO request_counts AS c (hour, registry_id, host, purpose, requests)
        SELECT date_trunc('day', hour, 'UTC'), registry_id, host, purpose, sum(requests)
        FROM old GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (hour, registry_id, host, purpose) DO UPDATE SET requests = c.requests + excluded.requests
        """
    func bind(_ parameters: inout Parameters) { parameters.append(before) }
}

struct CountStates: Statement {
    static let sql: SQL = """
        SELECT state, sum(tags)::bigint, sum(changes)::bigint FROM tag_counts GROUP BY state HAVING sum(tags) <> 0
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagCount {
        TagCount(state: try row.next(), tags: try row.next(), changes: try row.next())
    }
}

struct CountTracked: Statement {
    static let sql: SQL = "SELECT COALESCE(sum(tags), 0)::bigint FROM tag_counts WHERE state <> 4"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int { try row.next() }
}

struct FoldTagCounts: Statement {
    typealias Row = Never
    static let sql: SQL = """
        WITH gone AS (DELETE FROM tag_counts RETURNING *)
        INSERT INTO tag_counts (tags, changes, registry_id, state)
        SELECT sum(tags), sum(changes), registry_id, state FROM gone GROUP BY registry_id, state
        HAVING sum(tags) <> 0 OR sum(changes) <> 0
        """
}
