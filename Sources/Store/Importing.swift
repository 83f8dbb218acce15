import LibPQ
public import OCI
import TagHistory

public struct ImportSummary: Sendable {
    /// Observations read.
    public let observations: Int
    /// Tags that they speak of.
    public let tags: Int
    /// Rows that the histories grew by; 0 where everything was known.
    public let newRows: Int
}

public enum ImportProgress: Sendable {
    /// Observations taken from the source so far.
    case read(Int)
    /// Observations merged into histories, of all.
    case merged(Int, of: Int)
}

extension TagStore {
    /// Merges observations into the tags' histories in one transaction: all or nothing.
    ///
    /// Merging twice changes nothing, and the order of imports does not matter. Memory is bounded by one chunk and by
    /// the longest single history: the observations wait in a temporary table.
    /// - Parameters:
    ///   - next: the next chunk of the source, nil at its end; what it throws ends the import without a trace.
    public func importObservations(
        at now: Timestamp, progress: (ImportProgress) -> Void = { _ in }, next: () async throws -> [ImportRow]?
    ) async throws -> ImportSummary {
        let summary = try await pool.transaction { connection in
            try await connection.runScript(Self.rowsTable)
            var read = 0
            _ = try await connection.copyIn(Self.copyRows) {
                guard let rows = try await next() else { return nil }
                defer {
                    read += rows.count
                    progress(.read(read))
                }
                return Self.copyRows(rows, from: read)
            }
            try await connection.runScript(Self.tagsTable)
            try await connection.trackImported(at: now)
            try await connection.runScript(Self.stagedTable)
            try await connection.run(InsertImportedMediaTypes())
            try await connection.run(InsertImportedDigests())
            let counts = try await connection.run(CountStaged()).rows
            var (merged, growth) = (0, 0)
            for group in counts.groups(limit: 20_000) {
                let rows = try await connection.run(SelectStaged(ids: group)).rows
                growth += try await connection.merge(
                    Dictionary(grouping: rows, by: \.tagID).mapValues { $0.map(\.observation) },
                    into: try await connection.current(group), at: now
                ).growth
                merged += rows.count
                progress(.merged(merged, of: read))
            }
            return ImportSummary(observations: read, tags: counts.count, newRows: growth)
        }
        try await pool.run(Notify(signal: .work))
        if summary.newRows > 0 { try await pool.run(Notify(signal: .changes)) }
        return summary
    }

    /// Tables may grow a thousandfold meanwhile, so no plan is kept.
    static let rowsTable = """
        SET LOCAL plan_cache_mode = force_custom_plan;
        CREATE TEMPORARY TABLE import_rows (
            line bigint, observed_at timestamptz, not_before timestamptz, pushed_at timestamptz, source smallint,
            reference text COLLATE "C", media_type text COLLATE "C", digest bytea) ON COMMIT DROP
        """
    private static let copyRows: SQL = "COPY import_rows FROM STDIN (FORMAT binary)"
    static let tagsTable = """
        ANALYZE import_rows;
        CREATE TEMPORARY TABLE import_tags ON COMMIT DROP AS
            SELECT reference, split_part(reference, '/', 1) AS registry, substring(reference FROM '/(.*):') AS path
            FROM import_rows GROUP BY reference;
        CREATE UNIQUE INDEX ON import_tags (reference);
        ANALYZE import_tags
        """
    static let stagedTable = """
        CREATE TEMPORARY TABLE import_staged ON COMMIT DROP AS
            SELECT t.id AS tag_id, i.line, i.observed_at, i.not_before, i.pushed_at, i.source, i.media_type, i.digest
            FROM import_rows i JOIN tags t ON t.reference = i.reference ORDER BY 1, 2;
        CREATE INDEX ON import_staged (tag_id);
        ANALYZE import_staged
        """

    private static func copyRows(_ rows: [ImportRow], from line: Int) -> CopyRows {
        var copy = CopyRows()
        for (index, row) in rows.enumerated() {
            copy.append(columns: 8) { fields in
                fields.append(line + index)
                fields.append(row.observation.observedAt)
                fields.append(row.observation.notBefore)
                fields.append(row.observation.pushedAt)
                fields.append(row.observation.source)
                fields.append(row.reference)
                fields.append(row.observation.mediaType)
                fields.append(row.observation.digest)
            }
        }
        return copy
    }
}

extension [(tagID: Int32, count: Int)] {
    /// Whole tags, gathered up to `limit` observations.
    fileprivate func groups(limit: Int) -> [[Int32]] {
        var groups: [[Int32]] = []
        var size = limit
        for (id, count) in self {
            if size + count > limit {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(id)
            size += count
        }
        return groups
    }
}

struct CountStaged: Statement {
    static let sql: SQL = "SELECT tag_id, count(*) FROM import_staged GROUP BY tag_id ORDER BY tag_id"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (tagID: Int32, count: Int) {
        (try row.next(), try row.next())
    }
}

struct SelectStaged: Statement {
    let ids: [Int32]
    static let sql: SQL = """
        SELECT tag_id, digest, observed_at, not_before, pushed_at, media_type, source
        FROM import_staged WHERE tag_id = ANY ($1) ORDER BY tag_id, line
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (tagID: Int32, observation: Observation) {
        let id: Int32 = try row.next()
        return (
            id,
            Observation(
                digest: try row.next(), observedAt: try row.next(), notBefore: try row.next(),
                pushedAt: try row.next(), mediaType: try row.next(), source: try row.next())
        )
    }
}
