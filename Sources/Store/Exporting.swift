import LibPQ
public import OCI
import TagHistory

extension TagStore {
    /// Part of all histories, tag by tag in the order of references, as observations that merge into the same
    /// histories again.
    /// - Parameter after: the last tag of the part before; nil to begin.
    /// - Returns: an empty part at the end.
    public func exportObservations(after: TagReference?, tags limit: Int = 500) async throws -> [ImportRow] {
        var after = after
        while true {
            let tags = try await pool.run(SelectExported(after: after, limit: limit)).rows
            guard let last = tags.last else { return [] }
            let histories = Dictionary(
                grouping: try await pool.run(SelectHistories(ids: tags.map(\.id), includeSame: true)).rows.linked(),
                by: \.tagID)
            let rows = tags.flatMap { tag in
                History.observations(
                    of: histories[tag.id]?.map(\.change) ?? [], lastSucceededAt: tag.lastSucceededAt,
                    lastMissingAt: tag.lastMissingAt
                ).map { ImportRow(reference: tag.reference, observation: $0) }
            }
            // A stretch of tags that were never seen is not the end.
            if !rows.isEmpty { return rows }
            after = last.reference
        }
    }
}

struct SelectExported: Statement {
    struct Row: Sendable {
        let id: Int32
        let reference: TagReference
        let lastSucceededAt: Timestamp?
        let lastMissingAt: Timestamp?
    }
    let after: TagReference?
    let limit: Int
    static let sql: SQL = """
        SELECT t.id, t.reference, c.last_succeeded_at, c.last_missing_at FROM tags t JOIN tag_checks c ON c.tag_id = t.id
        WHERE $1::text IS NULL OR t.reference > $1 ORDER BY t.reference LIMIT $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(after)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(
            id: try row.next(), reference: try row.next(), lastSucceededAt: try row.next(),
            lastMissingAt: try row.next())
    }
}
