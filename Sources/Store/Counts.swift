import LibPQ

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
