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
            let rows = tags.flatMap { tag in tag.observations(of: histories[tag.id] ?? []) }
            // A stretch of tags of which nothing was observed is not the end.
            if !rows.isEmpty { return rows }
            after = last.reference
        }
    }
}

extension TagStore {
    /// One tag's history in the same way; nil where it never was tracked.
    public func observationReader(
        of reference: TagReference, limit: Int = HistoryReader.usualLimit
    ) async throws -> ObservationReader? {
        guard let tag = try await pool.first(SelectExportedTag(reference: reference)) else { return nil }
        let newest = try await pool.first(SelectNewestRow(id: tag.id, mustBeSeen: false))
        let seen = try await pool.first(SelectNewestRow(id: tag.id, mustBeSeen: true))
        return ObservationReader(
            reference: reference, rows: HistoryReader(pool: pool, id: tag.id, includeSame: true, limit: limit),
            export: History.Export(
                newest: newest, newestSeen: seen, lastSucceededAt: tag.lastSucceededAt,
                lastMissingAt: tag.lastMissingAt))
    }
}

/// A tag's history as observations in time order, part by part.
public struct ObservationReader: Sendable {
    let reference: TagReference
    var rows: HistoryReader
    var export: History.Export

    /// Whether everything was read.
    public var isAtEnd: Bool { rows.isAtEnd }

    /// - Returns: nil at the end.
    public mutating func next() async throws -> [ImportRow]? {
        guard let rows = try await rows.next() else { return nil }
        let observations = export.observations(of: rows) + (isAtEnd ? export.rest() : [])
        return observations.map { [reference] in ImportRow(reference: reference, observation: $0) }
    }
}

struct ExportedTag: Sendable {
    let id: Int32
    let reference: TagReference
    let lastSucceededAt: Timestamp?
    let lastMissingAt: Timestamp?

    fileprivate static let columns: SQL = """
        t.id, t.prefix || t.tag, c.last_succeeded_at, c.last_missing_at
        """

    fileprivate static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ExportedTag {
        ExportedTag(
            id: try row.next(), reference: try row.next(), lastSucceededAt: try row.next(),
            lastMissingAt: try row.next())
    }

    fileprivate func observations(of rows: [ChangeRow]) -> [ImportRow] {
        History.observations(of: rows.map(\.change), lastSucceededAt: lastSucceededAt, lastMissingAt: lastMissingAt)
            .map { ImportRow(reference: reference, observation: $0) }
    }
}

struct SelectExportedTag: Statement {
    let reference: TagReference
    static let sql: SQL =
        "SELECT " + ExportedTag.columns + " FROM (SELECT r.prefix, t.id, t.tag FROM " + TagKeys.tables
        + " WHERE " + TagKeys.isNamed + ") t JOIN tag_checks c ON c.tag_id = t.id"
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ExportedTag { try .decode(&row) }
}

struct SelectExported: Statement {
    let after: TagReference?
    let limit: Int
    static let sql: SQL =
        "SELECT " + ExportedTag.columns + """
             FROM (
                SELECT r.prefix, t.id, t.tag
                FROM (SELECT id, prefix FROM repositories WHERE prefix >= COALESCE($1::text, '') ORDER BY prefix) r
                CROSS JOIN LATERAL (
                    SELECT id, tag FROM tags
                    WHERE repository_id = r.id AND tag > CASE WHEN r.prefix = $1 THEN $2::text ELSE '' END
                    ORDER BY tag OFFSET 0) t
                LIMIT $3) t
            CROSS JOIN LATERAL (SELECT * FROM tag_checks WHERE tag_id = t.id OFFSET 0) c ORDER BY t.prefix, t.tag
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(after?.repository.prefix)
        parameters.append(after?.tag)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ExportedTag { try .decode(&row) }
}
