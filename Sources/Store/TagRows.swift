import LibPQ
public import OCI
import TagHistory

extension TagStore {
    /// What is known of a tag, tracked or not; nil where it never was tracked.
    public func tag(_ reference: TagReference) async throws -> TrackedTag? {
        try await keyedReads.first(SelectTag(reference: reference))
    }

    /// Nil where it never was tracked.
    public func state(of reference: TagReference) async throws -> TagState? {
        try await keyedReads.run(SelectTagState(reference: reference)).rows.first
    }

    /// One page of tags.
    /// - Throws: ``StoreError/invalidCursor``.
    public func tags(_ query: TagQuery) async throws -> Page<TrackedTag> {
        var query = query
        query.limit = max(1, min(query.limit, 1_000))
        guard SearchText(query.text).isPossible else { return Page(items: [], next: nil) }
        let found = try await parts(of: query)
        let page = found.prefix(query.limit)
        // Planned once for all pages, however they were found.
        let tags = SelectTagsByID(ids: page.map(\.id), isBrief: query.isBrief)
        let items = page.isEmpty ? [] : try await keyedReads.run(tags).rows
        guard found.count > query.limit, let last = page.last else { return Page(items: items, next: nil) }
        let cursor = Cursor(kind: SelectTags.cursorKind(query), values: [last.key, String(last.id)])
        return Page(items: items, next: cursor.text)
    }
}

extension TagStore {
    private typealias Found = (id: Int32, key: String)

    /// What is not known comes last, in ascending order too: the tags that are known first, and where they do not fill the
    /// page, the others.
    private func parts(of query: TagQuery) async throws -> [Found] {
        guard !query.descending, let unknown = SelectTags.SortKey.unknown(query.sort) else {
            return try await found(query)
        }
        var query = query
        query.part = try SelectTags(query).after?.key == unknown ? .unknown : .known
        var all = try await found(query)
        if query.part == .known, all.count <= query.limit {
            (query.part, query.cursor, query.limit) = (.unknown, nil, query.limit - all.count)
            all += try await found(query)
        }
        return all
    }

    /// Frequent texts are found among the first rows of a list, or in the order of names by reading the repositories' alone;
    /// rare ones by their index; and those that are frequent but stand together far behind the first rows by reading on. A
    /// wrong guess costs time.
    private func found(_ query: TagQuery) async throws -> [Found] {
        // Few tags are missing or fail, and an index knows them.
        guard !query.text.isEmpty, query.state == nil || query.state == .active else {
            return try await found(query, .all) ?? []
        }
        let isByName = query.sort == .name
        let isScoped = try SelectTags(query).scope != nil
        let text = SearchText(query.text)
        // What is known of all says nothing of one registry or repository.
        let guess = isScoped ? nil : try await sample.guess(text, in: keyedReads)
        // What stands in the names of many repositories is found by reading them in their order.
        let isOfMany = isByName && text.isWithinNames && guess?.isOfManyRepositories == true
        var isFrequent = true
        // Of a single letter the index on tags' names knows nothing.
        if isOfMany, guess?.isRareInTags == true, query.rhythm == nil, query.text.utf8.count > 1 {
            isFrequent = false
        } else if isScoped, !isByName {
            let first = try await found(query, .first(150)) ?? []
            if first.count > query.limit { return first }
            isFrequent = first.count * 10 > query.limit
        } else if let guess {
            isFrequent =
                isByName
                ? guess.isAmongFirstNames(forPageOf: query.limit) : guess.isFrequent(forPageOf: query.limit)
        }
        if isFrequent {
            let first = try await found(query, .first(isByName ? NameSample.reachByName : NameSample.reach)) ?? []
            if first.count > query.limit { return first }
        }
        if let rare = try await found(query, isOfMany ? .repositories : .index) { return rare }
        return try await found(query, .all) ?? []
    }

    /// Nil where too many were found.
    private func found(_ query: TagQuery, _ reading: SelectTags.Reading) async throws -> [Found]? {
        let statement = try SelectTags(query, reading)
        if statement.isPrepared, !query.text.isEmpty { return Self.found(in: try await keyedReads.run(statement).rows) }
        switch reading {
        case .all, .first: return Self.found(in: try await pool.run(statement).rows)
        case .index, .repositories: break
        }
        return Self.found(in: try await pool.run(statement, settings: "SET LOCAL enable_seqscan = off").rows)
    }

    private static func found(in rows: [SelectTags.Row]) -> [Found]? {
        var found: [Found] = []
        for row in rows {
            switch row {
            case .tag(let id, let key): found.append((id, key))
            case .nothing: break
            case .tooMany: return nil
            }
        }
        return found
    }
}

extension TrackedTag {
    /// The columns of a tag, in the order in which ``decode(_:)`` reads them. The next check is by time, not by its
    /// lane's clock, and where a listing answers for the tag it is that.
    static let columns: SQL = """
        t.id, r.prefix || t.tag, t.state, CASE WHEN NOT c.is_missing THEN d.digest END, m.name,
        ARRAY(SELECT p.name FROM digest_platforms dp JOIN platforms p ON p.id = dp.platform_id
            WHERE dp.index_id = c.digest_id ORDER BY p.name, dp.manifest_id),
        ARRAY(SELECT pd.digest FROM digest_platforms dp JOIN platforms p ON p.id = dp.platform_id
            JOIN digests pd ON pd.id = dp.manifest_id
            WHERE dp.index_id = c.digest_id ORDER BY p.name, dp.manifest_id),
        t.tracked_since, c.first_seen_at, c.last_checked_at, c.last_succeeded_at, t.last_changed_at, t.last_pushed_at,
        CASE WHEN c.next_check_at < 'infinity' THEN LEAST(c.next_check_at, CASE WHEN c.reason = 4 THEN s.next_listing_at END)
            + COALESCE(l.claimed_at - l.clock, interval '0') END, f.reason, NULL::bytea
        """
    static let tables: SQL = " FROM " + TagKeys.tables + joins
    /// To a tag `t` and its repository.
    static let joins: SQL = """
             JOIN tag_checks c ON c.tag_id = t.id LEFT JOIN digests d ON d.id = c.digest_id
            LEFT JOIN media_types m ON m.id = d.media_type_id LEFT JOIN check_failures f ON f.tag_id = t.id
            LEFT JOIN lanes l ON l.registry_id = c.registry_id
            LEFT JOIN repository_schedules s ON s.repository_id = c.repository_id
        """

    /// What ``TagQuery/isBrief`` asks for.
    static let briefColumns: SQL = """
        t.id, r.prefix || t.tag, t.state, NULL::bytea, NULL::text, '{}'::text[], '{}'::bytea[],
        t.tracked_since, c.first_seen_at, c.last_checked_at, c.last_succeeded_at, t.last_changed_at, t.last_pushed_at,
        NULL::timestamptz, f.reason, t.pulse
        """
    static let briefJoins: SQL = """
             JOIN tag_checks c ON c.tag_id = t.id LEFT JOIN check_failures f ON f.tag_id = t.id
        """

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag {
        let id: Int32 = try row.next()
        let reference: TagReference = try row.next()
        let state: TagState = try row.next()
        let digest: Digest? = try row.next()
        let mediaType: MediaType? = try row.next()
        let platforms: [String] = try row.next()
        let manifests: [Digest] = try row.next()
        var tag = TrackedTag(
            id: id, reference: reference, state: state, digest: digest, mediaType: mediaType,
            platforms: zip(platforms, manifests).compactMap { name, digest in
                Platform(parsing: name).map { PlatformDigest(platform: $0, digest: digest) }
            },
            trackedSince: try row.next(), firstSeenAt: try row.next(), lastCheckedAt: try row.next(),
            lastSucceededAt: try row.next(), lastChangedAt: try row.next(), lastPushedAt: try row.next(),
            nextCheckAt: try row.next(), lastError: try row.next())
        let pulse: ByteString? = try row.next()
        tag.pulse = pulse.flatMap { Pulse(bytes: $0.bytes) }
        return tag
    }
}

struct SelectTagState: Statement {
    let reference: TagReference
    static let sql: SQL = "SELECT t.state FROM " + TagKeys.tables + " WHERE " + TagKeys.isNamed
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagState { try row.next() }
}

struct SelectTag: Statement {
    let reference: TagReference
    static let sql: SQL = "SELECT " + TrackedTag.columns + TrackedTag.tables + " WHERE " + TagKeys.isNamed
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag { try TrackedTag.decode(&row) }
}

/// In the order of the numbers.
struct SelectTagsByID: Statement {
    let ids: [Int32]
    var isBrief = false
    static let sql: SQL = Self.sql(TrackedTag.columns, TrackedTag.joins)
    private static let brief: SQL = Self.sql(TrackedTag.briefColumns, TrackedTag.briefJoins)
    var sql: SQL { isBrief ? Self.brief : Self.sql }

    private static func sql(_ columns: SQL, _ joins: SQL) -> SQL {
        "SELECT " + columns + " FROM unnest($1::integer[]) WITH ORDINALITY AS page (id, place) "
            + "JOIN tags t ON t.id = page.id JOIN repositories r ON r.id = t.repository_id" + joins
            + " ORDER BY page.place"
    }

    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag { try TrackedTag.decode(&row) }
}
