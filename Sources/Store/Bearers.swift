import LibPQ
public import OCI

extension TagStore {
    /// The tags that bear or bore a digest, or an index that holds it, by reference.
    /// - Throws: ``StoreError/invalidCursor``.
    public func tags(bearing digest: Digest, limit: Int, cursor: String?) async throws -> Page<TrackedTag> {
        let kind = "bearers of \(digest)"
        var last: TagReference?
        if let cursor {
            guard let value = Cursor(cursor, kind: kind, count: 1)?.values.first,
                let reference = try? TagReference(parsing: value)
            else { throw StoreError.invalidCursor }
            last = reference
        }
        let limit = max(1, limit)
        let rows = try await pool.run(SelectBearingTags(digest: digest, after: last, limit: limit + 1)).rows
        guard rows.count > limit, let end = rows.dropLast().last else { return Page(items: rows, next: nil) }
        return Page(items: rows.dropLast(), next: Cursor(kind: kind, values: [end.reference.description]).text)
    }

    /// The digests of the indexes that hold an image, and the image's own.
    public func holders(of digest: Digest) async throws -> [Digest] {
        try await pool.run(SelectIndexesHolding(digest: digest)).rows + [digest]
    }
}

struct SelectBearingTags: Statement {
    let digest: Digest
    let after: TagReference?
    let limit: Int
    static let sql: SQL =
        """
        WITH wanted AS MATERIALIZED (
            SELECT d.id FROM digests d WHERE d.digest = $1
            UNION SELECT dp.index_id FROM digests d JOIN digest_platforms dp ON dp.manifest_id = d.id
            WHERE d.digest = $1),
        bearers AS MATERIALIZED (
            SELECT DISTINCT h.tag_id FROM changes h JOIN wanted w ON w.id = h.digest_id WHERE h.ordinal >= 0)
        SELECT\u{20}
        """ + TrackedTag.columns + TrackedTag.tables + """
             JOIN bearers b ON b.tag_id = t.id WHERE $2::text IS NULL OR (r.prefix, t.tag) > ($2, $3::text)
            ORDER BY r.prefix, t.tag LIMIT $4
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(digest)
        parameters.append(after?.repository.prefix)
        parameters.append(after?.tag)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag { try TrackedTag.decode(&row) }
}

struct SelectIndexesHolding: Statement {
    let digest: Digest
    static let sql: SQL = """
        SELECT DISTINCT i.digest FROM digests d JOIN digest_platforms dp ON dp.manifest_id = d.id
        JOIN digests i ON i.id = dp.index_id WHERE d.digest = $1 AND i.id <> d.id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(digest) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Digest { try row.next() }
}
