import LibPQ

extension TagStore {
    /// Whether no tag was ever tracked.
    public func isEmpty() async throws -> Bool { try await pool.first(SelectEmptiness()) ?? true }
}

struct SelectEmptiness: Statement {
    static let sql: SQL = "SELECT NOT EXISTS (SELECT FROM tags)"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}
