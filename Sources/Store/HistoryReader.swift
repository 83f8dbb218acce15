import LibPQ
import OCI
public import TagHistory

extension TagStore {
    /// A tag's whole history in time order, without the hidden rows of kind `same`, part by part.
    /// - Parameter limit: how many rows a part has, and those of its last row's time.
    public func historyReader(of id: Int32, limit: Int = HistoryReader.usualLimit) -> HistoryReader {
        HistoryReader(pool: pool, id: id, includeSame: false, limit: limit)
    }
}

/// Reads a history of any length in little memory. Each part is a short statement of its own, so what is recorded
/// meanwhile is read too, or not: rows are never in the wrong order.
public struct HistoryReader: Sendable {
    public static let usualLimit = 500

    let pool: Pool
    let id: Int32
    let includeSame: Bool
    var limit = usualLimit
    private var after: Timestamp?
    private var links = ChangeLinks()
    /// Whether everything was read.
    public private(set) var isAtEnd = false

    init(pool: Pool, id: Int32, includeSame: Bool, limit: Int = usualLimit) {
        self.pool = pool
        self.id = id
        self.includeSame = includeSame
        self.limit = max(1, limit)
    }

    /// All rows of some times.
    /// - Returns: nil at the end; of a history without rows one empty part.
    public mutating func next() async throws -> [Change]? {
        guard !isAtEnd else { return nil }
        let rows = try await pool.run(
            SelectHistoryPart(id: id, includeSame: includeSame, after: after, limit: limit)
        ).rows
        isAtEnd = rows.count < limit
        after = rows.last?.change.observedAt ?? after
        return rows.map { links.linked($0).change }
    }
}

struct SelectHistoryPart: Statement {
    let id: Int32
    let includeSame: Bool
    let after: Timestamp?
    let limit: Int
    static let sql: SQL =
        "SELECT h.tag_id, h.ordinal, " + Change.columns + """
             FROM (
                SELECT * FROM changes WHERE tag_id = $1 AND ($2 OR ordinal >= 0)
                    AND observed_at > COALESCE($3, timestamptz '-infinity')
                ORDER BY observed_at FETCH FIRST ($4) ROWS WITH TIES) h
            """ + Change.tables + " ORDER BY h.observed_at, greatest(h.ordinal, -1 - h.ordinal)"
    func bind(_ parameters: inout Parameters) {
        parameters.append(id)
        parameters.append(includeSame)
        parameters.append(after)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ChangeRow { try .decode(&row) }
}

/// A history's last row, hidden ones among them, but for mere dates (``Change/isMereDate``).
struct SelectNewestRow: Statement {
    let id: Int32
    /// Only one that has a digest.
    let mustBeSeen: Bool
    static let sql: SQL =
        "SELECT " + Change.columns + " FROM changes h" + Change.tables + """
             WHERE h.tag_id = $1 AND (h.digest_id IS NOT NULL OR NOT $2)
                AND NOT (h.ordinal < 0 AND h.what >> 4 & 7 = 4)
            ORDER BY h.observed_at DESC, greatest(h.ordinal, -1 - h.ordinal) DESC LIMIT 1
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(id)
        parameters.append(mustBeSeen)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Change { try Change.decode(&row) }
}
