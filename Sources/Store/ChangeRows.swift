import LibPQ
public import OCI
public import TagHistory

extension TagStore {
    /// A tag's whole history in time order, without the hidden rows of kind `same`.
    public func history(of id: Int32) async throws -> [Change] {
        try await keyedReads.run(SelectHistories(ids: [id], includeSame: false)).rows.linked().map(\.change)
    }

    public func histories(of ids: [Int32]) async throws -> [Int32: [Change]] {
        try await keyedReads.histories(of: ids)
    }

    /// Whole histories of many tags as statistics and marks need them: see ``SelectOutlines``.
    public func outlines(of ids: [Int32]) async throws -> [Int32: [Change]] {
        try await keyedReads.outlines(of: ids)
    }

    /// A tag's changes, newest first, ending with `first`.
    /// - Throws: ``StoreError/invalidCursor``.
    public func changes(of reference: TagReference, limit: Int, cursor: String?) async throws -> Page<TagChange> {
        let limit = max(1, limit)
        let kind = "changes of \(reference)"
        let after = try Self.position(cursor, kind: kind)
        let rows = try await pool.run(SelectTagChanges(reference: reference, after: after, limit: limit + 1)).rows
        return Self.page(rows, limit: limit, kind: kind)
    }

    /// All tags' changes, newest first.
    /// - Throws: ``StoreError/invalidCursor``.
    public func changes(limit: Int, cursor: String?) async throws -> Page<TagChange> {
        let limit = max(1, limit)
        let after = try Self.position(cursor, kind: "changes")
        let rows = try await pool.run(SelectRecentChanges(after: after, limit: limit + 1)).rows
        return Self.page(rows, limit: limit, kind: "changes")
    }

    /// A tag's changes as one platform saw them, newest first.
    /// - Parameter rows: all of them, oldest first: see `PlatformHistory`.
    /// - Throws: ``StoreError/invalidCursor``.
    public func changes(
        of tag: TrackedTag, platform: Platform, rows: [Change], limit: Int, cursor: String?
    ) throws -> Page<TagChange> {
        let limit = max(1, limit)
        let kind = "changes of \(tag.reference) for \(platform)"
        let after = try Self.position(cursor, kind: kind)
        var ordinals: [Timestamp: Int16] = [:]
        let positioned = rows.map { change in
            // Far fewer than that stand at one time: the store refuses more.
            let ordinal = ordinals[change.observedAt].map { $0 &+ 1 } ?? 0
            ordinals[change.observedAt] = ordinal
            return PositionedChange(
                position: ChangePosition(observedAt: change.observedAt, tagID: tag.id, ordinal: ordinal),
                change: TagChange(reference: tag.reference, change: change))
        }
        let rest = positioned.reversed().drop { item in
            guard let after else { return false }
            return (item.position.observedAt, item.position.ordinal) >= (after.observedAt, after.ordinal)
        }
        return Self.page(Array(rest.prefix(limit + 1)), limit: limit, kind: kind)
    }

    private static func position(_ cursor: String?, kind: String) throws -> ChangePosition? {
        guard let cursor else { return nil }
        guard let values = Cursor(cursor, kind: kind, count: 3)?.values, let time = Timestamp(cursor: values[0]),
            let tag = Int32(values[1]), let ordinal = Int16(values[2])
        else { throw StoreError.invalidCursor }
        return ChangePosition(observedAt: time, tagID: tag, ordinal: ordinal)
    }

    private static func page(_ rows: [PositionedChange], limit: Int, kind: String) -> Page<TagChange> {
        guard rows.count > limit, let last = rows.dropLast().last?.position else {
            return Page(items: rows.map(\.change), next: nil)
        }
        let values = [last.observedAt.cursor, String(last.tagID), String(last.ordinal)]
        return Page(items: rows.dropLast().map(\.change), next: Cursor(kind: kind, values: values).text)
    }
}

struct ChangePosition: Sendable {
    let observedAt: Timestamp
    let tagID: Int32
    let ordinal: Int16
}

struct PositionedChange: Sendable {
    let position: ChangePosition
    let change: TagChange
}

extension Change {
    /// The columns of a change of `h`, in the order in which ``decode(_:)`` reads them, but for the previous digest.
    static let columns: SQL = "d.digest, m.name, " + ownColumns
    /// What needs no other table but for the few rows that have platforms.
    fileprivate static let ownColumns: SQL = """
        h.what, h.observed_at, h.not_before, h.pushed_at,
        CASE WHEN h.platform_set_id IS NOT NULL THEN ARRAY(
            SELECT pl.name FROM platform_sets ps JOIN platforms pl ON pl.id = ANY (ps.platforms)
            WHERE ps.id = h.platform_set_id ORDER BY pl.name) END
        """
    static let tables: SQL = """
         LEFT JOIN digests d ON d.id = h.digest_id LEFT JOIN media_types m ON m.id = d.media_type_id
        """

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Change {
        try decode(&row, digest: row.next(), mediaType: row.next())
    }

    fileprivate static func decode(
        _ row: inout RowDecoder, digest: Digest?, mediaType: MediaType? = nil
    ) throws(PostgresError) -> Change {
        let what: PackedChange = try row.next()
        let observedAt: Timestamp = try row.next()
        let notBefore: Timestamp? = try row.next()
        let pushedAt: Timestamp? = try row.next()
        let platforms: [String]? = try row.next()
        return Change(
            digest: digest, kind: what.kind, reverted: what.reverted, source: what.source, observedAt: observedAt,
            notBefore: notBefore, pushedAt: pushedAt, mediaType: mediaType,
            platforms: platforms?.compactMap { Platform(parsing: $0) } ?? [])
    }
}

/// Finds the previous digests, which follow from the rows before: of one history after the other, each in order.
struct ChangeLinks: Sendable {
    private var tagID: Int32?
    private var bearer: Digest?

    mutating func linked(_ row: ChangeRow) -> ChangeRow {
        var row = row
        if row.tagID != tagID { (tagID, bearer) = (row.tagID, nil) }
        if row.change.kind.isChange || row.change.kind == .missing { row.change.previousDigest = bearer }
        // A return with another digest is told by the change that follows it; a hidden row may be what was disproved.
        if let digest = row.change.digest, row.change.kind != .returned, row.change.kind.isShown { bearer = digest }
        return row
    }
}

extension [ChangeRow] {
    /// Whole histories, in order.
    func linked() -> [ChangeRow] {
        var links = ChangeLinks()
        return map { links.linked($0) }
    }
}

struct SelectHistories: Statement {
    let ids: [Int32]
    let includeSame: Bool
    static let sql: SQL =
        "SELECT h.tag_id, h.ordinal, " + Change.columns + " FROM changes h" + Change.tables + """
             WHERE h.tag_id = ANY ($1) AND ($2 OR h.ordinal >= 0)
            ORDER BY h.tag_id, h.observed_at, greatest(h.ordinal, -1 - h.ordinal)
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(ids)
        parameters.append(includeSame)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ChangeRow { try .decode(&row) }
}

/// Histories without media types, and with stand-ins for digests: which rows bear the same one is all that is told of
/// them. Looking the digests up would take five times as long as all the rest.
struct SelectOutlines: Statement {
    let ids: [Int32]
    static let sql: SQL =
        "SELECT h.tag_id, h.ordinal, h.digest_id, " + Change.ownColumns + """
             FROM changes h WHERE h.tag_id = ANY ($1) AND h.ordinal >= 0
            ORDER BY h.tag_id, h.observed_at, h.ordinal
            """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ChangeRow {
        let (tagID, ordinal): (Int32, Int16) = (try row.next(), try row.next())
        let number: Int32? = try row.next()
        return ChangeRow(
            tagID: tagID, ordinal: ordinal,
            change: try Change.decode(&row, digest: number.map { Digest(standingFor: $0) }))
    }
}

extension ChangeRow {
    /// After the tag's number and the ordinal come the change's own columns.
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ChangeRow {
        ChangeRow(tagID: try row.next(), ordinal: try row.next(), change: try Change.decode(&row))
    }
}

extension PositionedChange {
    /// The previous digest is the newest one before, whether or not the tag was missing in between.
    static let columns: SQL = """
        h.tag_id, h.ordinal, r.prefix || t.tag,
        CASE WHEN h.what & 15 IN (2, 3, 4, 5, 6) THEN (
            SELECT pd.digest FROM changes p JOIN digests pd ON pd.id = p.digest_id
            WHERE p.tag_id = h.tag_id AND (p.observed_at, p.ordinal) < (h.observed_at, h.ordinal) AND p.ordinal >= 0
                AND p.what & 15 <> 7
            ORDER BY p.observed_at DESC, p.ordinal DESC LIMIT 1) END,\u{20}
        """ + Change.columns

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> PositionedChange {
        let tagID: Int32 = try row.next()
        let ordinal: Int16 = try row.next()
        let reference: TagReference = try row.next()
        let previous: Digest? = try row.next()
        var change = try Change.decode(&row)
        change.previousDigest = previous
        return PositionedChange(
            position: ChangePosition(observedAt: change.observedAt, tagID: tagID, ordinal: ordinal),
            change: TagChange(reference: reference, change: change))
    }
}

struct SelectTagChanges: Statement {
    let reference: TagReference
    let after: ChangePosition?
    let limit: Int
    static let sql: SQL =
        "SELECT " + PositionedChange.columns + " FROM " + TagKeys.tables + " JOIN changes h ON h.tag_id = t.id"
        + Change.tables + " WHERE " + TagKeys.isNamed + """
             AND h.ordinal >= 0
                AND ($2::timestamptz IS NULL OR (h.observed_at, h.ordinal) < ($2, $3::smallint))
            ORDER BY h.observed_at DESC, h.ordinal DESC LIMIT $4
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(reference)
        parameters.append(after?.observedAt)
        parameters.append(after?.ordinal)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> PositionedChange {
        try PositionedChange.decode(&row)
    }
}

/// Found by five minutes, and only these are sorted: an index on the time itself would take three times the room.
struct SelectRecentChanges: Statement {
    let after: ChangePosition?
    let limit: Int
    static let sql: SQL =
        """
        WITH h AS MATERIALIZED (
            SELECT h.* FROM changes h
            WHERE h.ordinal >= 0
                AND date_bin('5 minutes', h.observed_at, timestamptz 'epoch')
                    <= date_bin('5 minutes', COALESCE($1::timestamptz, 'infinity'), timestamptz 'epoch')
                AND ($1::timestamptz IS NULL
                    OR (h.observed_at, h.tag_id, h.ordinal) < ($1, $2::integer, $3::smallint))
            ORDER BY date_bin('5 minutes', h.observed_at, timestamptz 'epoch') DESC, h.observed_at DESC,
                h.tag_id DESC, h.ordinal DESC
            LIMIT $4)
        SELECT\u{20}
        """ + PositionedChange.columns
        + " FROM h JOIN tags t ON t.id = h.tag_id JOIN repositories r ON r.id = t.repository_id"
        + Change.tables + """
             ORDER BY h.observed_at DESC, h.tag_id DESC, h.ordinal DESC
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(after?.observedAt)
        parameters.append(after?.tagID)
        parameters.append(after?.ordinal)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> PositionedChange {
        try PositionedChange.decode(&row)
    }
}
