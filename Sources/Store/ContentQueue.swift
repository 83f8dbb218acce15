import LibPQ
public import OCI

/// A digest that a worker reads now.
public struct ContentClaim: Sendable, Hashable {
    public let digest: Digest
    public let repository: Repository
    /// An image of an index: only its layers are wanted.
    public let isPart: Bool
    /// How many attempts have failed.
    public let tries: Int
    /// Another one read it, or found it gone, since it was asked for: nothing needs to be asked of the registry.
    public let isSettled: Bool
    let digestID: Int32
    let asked: Int32
}

/// A registry with digests to read.
public struct ContentLane: Sendable {
    public let registryID: Int32
    public let registry: Registry
    public let nextAt: Timestamp
}

extension TagStore {
    /// Every registry of which something is to be read, and from when on.
    public func contentLanes() async throws -> [ContentLane] { try await pool.run(SelectContentLanes()).rows }

    /// Claims up to `limit` digests of one registry, changes before first sightings.
    /// - Parameter lease: seconds after which another worker may claim them.
    public func claimContents(
        registryID: Int32, limit: Int, lease: Double, at now: Timestamp
    ) async throws -> [ContentClaim] {
        try await pool.run(
            ClaimContents(registryID: registryID, limit: limit, now: now, until: now.advanced(bySeconds: lease))
        ).rows
    }

    /// Puts a claimed digest off.
    /// - Parameter failed: the attempt counts as one of those after which it is given up.
    public func postpone(_ claim: ContentClaim, until time: Timestamp, failed: Bool) async throws {
        try await pool.run(PostponeContent(claim: claim, time: time, tries: failed ? claim.tries + 1 : claim.tries))
    }

    /// Asks for the newest digests of tracked tags that nobody asked for when they were recorded: those of imports and
    /// of databases from before. Spread out.
    public func queueUnreadContents(at now: Timestamp) async throws {
        var last = Int32.min
        while let end = try await pool.transactionByKeys({
            try await $0.first(QueueUnread(after: last, limit: 2_000, now: now))
        }), end > last {
            last = end
        }
    }
}

/// A digest that is to be read, as one tag's repository has it.
struct WantedContent: Sendable {
    let digest: Digest
    let tagID: Int32
    var nextAt: Timestamp
    var isPart = false
    /// Changes are read before first sightings: they stand in the queue as if they had waited for so long.
    static let headStart = 30 * 86_400.0
    /// So many first sightings of one batch are not spread out.
    static let fewEnough = 20
    static let spreadSeconds = 10.0
}

/// - Returns: the end of the time that is reserved for them.
struct SpreadContents: Statement {
    let registryID: Int32
    let seconds: Double
    let now: Timestamp
    static let sql: SQL = """
        UPDATE lanes SET contents_until = greatest(contents_until, $3) + $2 * interval '1 second'
        WHERE registry_id = $1 RETURNING contents_until
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(seconds)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Timestamp { try row.next() }
}

struct QueueContents: Statement {
    typealias Row = Never
    let wanted: [WantedContent]
    /// After an `i (digest, tag_id, next_at, is_part)`. Whoever asks for what is queued waits for the one who reads it
    /// now to finish, or is seen by him.
    static let insertion: SQL = """
         INSERT INTO content_queue (digest_id, repository_id, registry_id, next_at, is_part)
        SELECT DISTINCT ON (d.id) d.id, t.repository_id, r.registry_id, i.next_at, i.is_part
        FROM i JOIN digests d ON d.digest = i.digest JOIN tags t ON t.id = i.tag_id
        JOIN repositories r ON r.id = t.repository_id
        ORDER BY d.id, i.is_part, i.next_at
        ON CONFLICT (digest_id) DO UPDATE SET asked = content_queue.asked + 1,
            is_part = content_queue.is_part AND excluded.is_part
        """
    static let sql: SQL =
        """
        WITH i AS (SELECT * FROM unnest($1::bytea[], $2::integer[], $3::timestamptz[], $4::boolean[])
            i (digest, tag_id, next_at, is_part))
        """ + insertion
    func bind(_ parameters: inout Parameters) { wanted.bind(&parameters) }
}

extension [WantedContent] {
    func bind(_ parameters: inout Parameters) {
        parameters.append(map(\.digest))
        parameters.append(map(\.tagID))
        parameters.append(map(\.nextAt))
        parameters.append(map(\.isPart))
    }
}

struct SelectContentLanes: Statement {
    static let sql: SQL = """
        SELECT g.id, g.name, next.at FROM registries g, LATERAL (
            SELECT q.next_at AS at FROM content_queue q WHERE q.registry_id = g.id ORDER BY q.next_at LIMIT 1) next
        ORDER BY next.at
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ContentLane {
        let id: Int32 = try row.next()
        let name: String = try row.next()
        guard let registry = try? Registry(parsing: name) else { throw row.failure("is no registry's name") }
        return ContentLane(registryID: id, registry: registry, nextAt: try row.next())
    }
}

struct ClaimContents: Statement {
    let registryID: Int32
    let limit: Int
    let now: Timestamp
    let until: Timestamp
    static let sql: SQL = """
        WITH due AS MATERIALIZED (
            SELECT q.digest_id FROM content_queue q WHERE q.registry_id = $1 AND q.next_at <= $2
            ORDER BY q.next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
        UPDATE content_queue q SET next_at = $4 FROM due, digests d, repositories r, registries g
        WHERE q.digest_id = due.digest_id AND d.id = q.digest_id AND r.id = q.repository_id AND g.id = r.registry_id
        RETURNING d.digest, g.name || '/' || r.path, q.is_part, q.tries,
            EXISTS (SELECT FROM contents c WHERE c.digest_id = q.digest_id AND c.state <> 2), q.digest_id, q.asked
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(registryID)
        parameters.append(now)
        parameters.append(limit)
        parameters.append(until)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ContentClaim {
        let digest: Digest = try row.next()
        let name: String = try row.next()
        guard let repository = try? Repository(parsing: name) else { throw row.failure("is no repository's name") }
        let isPart: Bool = try row.next()
        let tries: Int16 = try row.next()
        return ContentClaim(
            digest: digest, repository: repository, isPart: isPart, tries: Int(tries), isSettled: try row.next(),
            digestID: try row.next(), asked: try row.next())
    }
}

struct PostponeContent: Statement {
    typealias Row = Never
    let claim: ContentClaim
    let time: Timestamp
    let tries: Int
    static let sql: SQL = "UPDATE content_queue SET next_at = $2, tries = $3 WHERE digest_id = $1"
    func bind(_ parameters: inout Parameters) {
        parameters.append(claim.digestID)
        parameters.append(time)
        parameters.append(Int16(clamping: tries))
    }
}

/// What somebody asked for meanwhile stays, to be looked at once more at once.
struct FinishContent: Statement {
    typealias Row = Never
    let claim: ContentClaim
    let now: Timestamp
    static let sql: SQL = """
        WITH finished AS (DELETE FROM content_queue WHERE digest_id = $1 AND asked = $2)
        UPDATE content_queue SET next_at = $3 WHERE digest_id = $1 AND asked <> $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(claim.digestID)
        parameters.append(claim.asked)
        parameters.append(now)
    }
}

/// For somebody who looks at these tags and waits: as if a change had asked for it. What is read now, or failed before, keeps
/// its time.
struct QueueAwaited: Statement {
    typealias Row = Never
    let tagIDs: [Int32]
    let now: Timestamp
    /// What is due later than that is read by nobody now, in seconds.
    private static let longestLease = 900.0
    static let sql: SQL =
        """
        INSERT INTO content_queue (digest_id, repository_id, registry_id, next_at, is_part)
        SELECT DISTINCT ON (h.digest_id) h.digest_id, h.repository_id, h.registry_id, $2, false FROM tag_checks h
        WHERE h.tag_id = ANY ($1) AND\u{20}
        """ + QueueUnread.isUnread + """
             ORDER BY h.digest_id
            ON CONFLICT (digest_id) DO UPDATE SET next_at = excluded.next_at, is_part = false
            WHERE content_queue.tries = 0 AND content_queue.next_at > $3
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(tagIDs)
        parameters.append(now.advanced(bySeconds: -WantedContent.headStart))
        parameters.append(now.advanced(bySeconds: Self.longestLease))
    }
}

/// - Returns: the last tag looked at.
struct QueueUnread: Statement {
    let after: Int32
    let limit: Int
    let now: Timestamp
    /// Of a tag's row `h`.
    fileprivate static let isUnread: SQL = """
        h.digest_id IS NOT NULL AND NOT h.is_missing AND h.next_check_at < 'infinity'
                AND NOT EXISTS (SELECT FROM contents c WHERE c.digest_id = h.digest_id
                    AND (c.state <> 2 OR c.reason IS NOT NULL))
        """
    static let sql: SQL =
        """
        WITH tags_here AS MATERIALIZED (
            SELECT c.tag_id, c.digest_id, c.registry_id, c.next_check_at, c.is_missing FROM tag_checks c
            WHERE c.tag_id > $1 ORDER BY c.tag_id LIMIT $2),
        queued AS (
            INSERT INTO content_queue (digest_id, repository_id, registry_id, next_at, is_part)
            SELECT DISTINCT ON (h.digest_id) h.digest_id, t.repository_id, h.registry_id,
                $3 + (row_number() OVER (ORDER BY h.digest_id) - 1) * interval '10 seconds', false
            FROM tags_here h JOIN tags t ON t.id = h.tag_id
            WHERE\u{20}
        """ + isUnread + """
                 ORDER BY h.digest_id
                ON CONFLICT DO NOTHING)
            SELECT max(tag_id) FROM tags_here HAVING max(tag_id) IS NOT NULL
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(after)
        parameters.append(limit)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}
