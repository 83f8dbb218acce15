import LibPQ
public import OCI

extension TagStore {
    /// What is known of a tag, tracked or not; nil where it never was tracked.
    public func tag(_ reference: TagReference) async throws -> TrackedTag? {
        try await pool.first(SelectTag(reference: reference))
    }

    /// One page of tags.
    /// - Throws: ``StoreError/invalidCursor``.
    public func tags(_ query: TagQuery) async throws -> Page<TrackedTag> {
        let statement = try SelectTags(query)
        let rows = try await pool.run(statement).rows
        guard rows.count > query.limit, let last = rows.dropLast().last else {
            return Page(items: rows.map(\.tag), next: nil)
        }
        let cursor = Cursor(kind: SelectTags.cursorKind(query), values: [last.sortKey, String(last.tag.id)])
        return Page(items: rows.dropLast().map(\.tag), next: cursor.text)
    }
}

extension TrackedTag {
    /// The columns of a tag, in the order in which ``decode(_:)`` reads them.
    static let columns: SQL = """
        t.id, t.reference, t.state, CASE WHEN NOT c.is_missing THEN d.digest END, m.name,
        ARRAY(SELECT p.name FROM digest_platforms dp JOIN platforms p ON p.id = dp.platform_id
            WHERE dp.index_id = c.digest_id ORDER BY p.name, dp.manifest_id),
        ARRAY(SELECT pd.digest FROM digest_platforms dp JOIN platforms p ON p.id = dp.platform_id
            JOIN digests pd ON pd.id = dp.manifest_id
            WHERE dp.index_id = c.digest_id ORDER BY p.name, dp.manifest_id),
        t.tracked_since, t.first_seen_at, c.last_checked_at, c.last_succeeded_at, t.last_changed_at, t.last_pushed_at,
        NULLIF(c.next_check_at, 'infinity'), f.reason
        """
    static let tables: SQL = """
         FROM tags t JOIN tag_checks c ON c.tag_id = t.id LEFT JOIN digests d ON d.id = c.digest_id
        LEFT JOIN media_types m ON m.id = d.media_type_id LEFT JOIN check_failures f ON f.tag_id = t.id
        """

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag {
        let id: Int32 = try row.next()
        let reference: TagReference = try row.next()
        let state: TagState = try row.next()
        let digest: Digest? = try row.next()
        let mediaType: MediaType? = try row.next()
        let platforms: [String] = try row.next()
        let manifests: [Digest] = try row.next()
        return TrackedTag(
            id: id, reference: reference, state: state, digest: digest, mediaType: mediaType,
            platforms: zip(platforms, manifests).compactMap { name, digest in
                Platform(parsing: name).map { PlatformDigest(platform: $0, digest: digest) }
            },
            trackedSince: try row.next(), firstSeenAt: try row.next(), lastCheckedAt: try row.next(),
            lastSucceededAt: try row.next(), lastChangedAt: try row.next(), lastPushedAt: try row.next(),
            nextCheckAt: try row.next(), lastError: try row.next())
    }
}

struct SelectTag: Statement {
    let reference: TagReference
    static let sql: SQL = "SELECT " + TrackedTag.columns + TrackedTag.tables + " WHERE t.reference = $1"
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag { try TrackedTag.decode(&row) }
}

/// A page of tags by one of the sort orders; keyset paging by (sort key, id), so that deep pages cost no more.
struct SelectTags: Statement {
    let query: TagQuery
    let after: (key: String, id: Int32)?

    init(_ query: TagQuery) throws {
        self.query = query
        guard let text = query.cursor else {
            after = nil
            return
        }
        guard let cursor = Cursor(text, kind: Self.cursorKind(query), count: 2), let id = Int32(cursor.values[1]),
            Self.isValid(key: cursor.values[0], for: query.sort)
        else { throw StoreError.invalidCursor }
        after = (cursor.values[0], id)
    }

    static func cursorKind(_ query: TagQuery) -> String { query.sort.rawValue + (query.descending ? "-" : "+") }

    private static func isValid(key: String, for sort: TagSort) -> Bool {
        switch sort {
        case .name: !key.contains("\0")
        case .changes, .changes30d: Int32(key) != nil
        case .interval: Float(key)?.isFinite == true
        case .lastChanged, .trackedSince: Int64(key) != nil
        }
    }

    static let sql: SQL = ""
    var sql: SQL {
        let (key, cast) = Self.keys(query.sort)
        let (comparison, direction): (SQL, SQL) = query.descending ? ("<", " DESC") : (">", "")
        return "SELECT " + TrackedTag.columns + ", " + Self.text(of: query.sort) + TrackedTag.tables
            + " JOIN repositories r ON r.id = t.repository_id JOIN registries g ON g.id = r.registry_id"
            + " WHERE ($1::text IS NULL OR t.reference ILIKE $1) AND ($2::text IS NULL OR g.name = $2)"
            + " AND ($3::text IS NULL OR r.path = $3)"
            + (query.state == nil ? " AND ($4::smallint IS NULL AND t.state <> 4)" : " AND t.state = $4")
            + " AND ($5::text IS NULL OR (" + key + ", t.id) " + comparison + " (" + cast + ", $6::integer))"
            + " ORDER BY " + key + direction + ", t.id" + direction + " LIMIT $7"
    }

    func bind(_ parameters: inout Parameters) {
        parameters.append(query.text.isEmpty ? nil : "%" + query.text.escapedForLike + "%")
        parameters.append((query.repository?.registry ?? query.registry)?.name)
        parameters.append(query.repository?.path)
        parameters.append(query.state)
        parameters.append(after?.key)
        parameters.append(after?.id)
        parameters.append(Int64(query.limit) + 1)
    }

    /// Unknown values stand before all others in ascending order, as if they were the smallest.
    private static func keys(_ sort: TagSort) -> (SQL, SQL) {
        switch sort {
        case .name: ("t.reference", "$5::text COLLATE \"C\"")
        case .changes: ("t.changes", "$5::text::integer")
        case .changes30d: ("t.changes_30d", "$5::text::integer")
        case .interval: ("COALESCE(t.interval_days, -1::real)", "$5::text::real")
        case .lastChanged:
            ("COALESCE(t.last_changed_at, timestamptz 'epoch')", "'epoch'::timestamptz + $5::text::bigint * interval '1 microsecond'")
        case .trackedSince: ("t.tracked_since", "'epoch'::timestamptz + $5::text::bigint * interval '1 microsecond'")
        }
    }

    private static func text(of sort: TagSort) -> SQL {
        switch sort {
        case .name: "t.reference"
        case .changes: "t.changes::text"
        case .changes30d: "t.changes_30d::text"
        case .interval: "COALESCE(t.interval_days, -1::real)::text"
        case .lastChanged: "(extract(epoch FROM COALESCE(t.last_changed_at, timestamptz 'epoch')) * 1000000)::bigint::text"
        case .trackedSince: "(extract(epoch FROM t.tracked_since) * 1000000)::bigint::text"
        }
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (tag: TrackedTag, sortKey: String) {
        (try TrackedTag.decode(&row), try row.next())
    }
}

extension String {
    /// LIKE's wild cards stand for themselves.
    var escapedForLike: String {
        reduce(into: "") { text, character in
            if character == "%" || character == "_" || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }
}
