import LibPQ
public import OCI
public import TagHistory

/// A tag whose past is to be asked for, with what was known of it when it was claimed.
public struct Backfill: Sendable {
    public let tagID: Int32
    public let reference: TagReference
    /// What our own checks saw first: the past is that of this digest, whatever came after it.
    public let digest: Digest?
    /// This one included.
    public let attempts: Int16
}

extension TagStore {
    /// Claims tags of one repository whose past is to be asked for, those waiting longest first. Who does not finish them
    /// leaves them to be claimed again.
    /// - Parameters:
    ///   - repositoryID: what a listing has just shown of this repository, which waits a while for the one who read it; nil
    ///     for whatever is due.
    ///   - excluding: registries that cannot be asked at the moment.
    ///   - retryAfter: seconds.
    public func claimBackfills(
        of repositoryID: Int32? = nil, limit: Int, excluding: [Registry], retryAfter: Double, at now: Timestamp
    ) async throws -> [Backfill] {
        try await pool.run(
            ClaimBackfills(
                repositoryID: repositoryID, limit: limit, excluded: excluding.map(\.name),
                now: repositoryID == nil ? now : now.advanced(bySeconds: InsertBackfills.listersSeconds),
                retryAt: now.advanced(bySeconds: retryAfter))
        ).rows
    }

    /// Puts what a registry knows of the past into the histories, before what was observed: what lies after a tag's
    /// first own observation is left out. The tags' backfills are finished by it.
    /// - Parameter observations: for every tag that is finished, also where nothing is known.
    public func backfill(_ observations: [Int32: [Observation]], at now: Timestamp) async throws {
        guard !observations.isEmpty else { return }
        let grown = try await pool.retryingTransaction { connection in
            let ids = observations.keys.sorted()
            let tags = try await connection.locked(ids)
            let stored = try await connection.histories(of: ids)
            var news: [Int32: [Observation]] = [:]
            for (id, tag) in tags where tag.state.everSeen {
                let own = stored[id]?.first { $0.source == .observed || $0.source == .imported }
                // Where a check had found nothing yet, only its registry can tell that it was there before.
                let absentAt = own?.kind == .first ? own?.notBefore : nil
                let earlier =
                    observations[id]?.filter { told in
                        told.observedAt < own?.observedAt ?? now
                            && (told.source == .registry || absentAt.map { told.observedAt > $0 } ?? true)
                    } ?? []
                if !earlier.isEmpty { news[id] = earlier }
            }
            let merged = try await connection.merge(news, into: tags.filter { news[$0.key] != nil }, at: now)
            try await connection.run(DeleteBackfills(ids: ids))
            return merged.hasChanged
        }
        if grown { try await pool.run(Notify(signal: .changes)) }
    }

    /// Gives claimed backfills back until a time.
    public func postpone(_ backfills: [Backfill], until time: Timestamp) async throws {
        guard !backfills.isEmpty else { return }
        try await pool.run(PostponeBackfills(ids: backfills.map(\.tagID), time: time))
    }
}

/// In the transaction that records a first sighting.
struct InsertBackfills: Statement {
    typealias Row = Never
    let ids: [Int32]
    let now: Timestamp
    /// So long they wait for the worker that read the listing which showed them, lest others read it once more.
    static let listersSeconds = 60.0
    static let sql: SQL = """
        INSERT INTO backfills (tag_id, repository_id, due_at)
        SELECT t.id, t.repository_id, $2 FROM tags t WHERE t.id = ANY ($1) ORDER BY t.id
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(ids)
        parameters.append(now)
    }
}

struct ClaimBackfills: Statement {
    var repositoryID: Int32?
    let limit: Int
    let excluded: [String]
    let now: Timestamp
    let retryAt: Timestamp
    static let sql: SQL = """
        WITH first AS MATERIALIZED (
            SELECT b.repository_id FROM backfills b JOIN repositories r ON r.id = b.repository_id
            JOIN registries g ON g.id = r.registry_id
            WHERE b.due_at <= $1 AND g.name <> ALL ($2) AND ($5::integer IS NULL OR b.repository_id = $5)
            ORDER BY b.due_at LIMIT 1),
        mine AS MATERIALIZED (
            SELECT b.tag_id FROM backfills b JOIN first USING (repository_id)
            WHERE b.due_at <= $1 ORDER BY b.tag_id LIMIT $3 FOR NO KEY UPDATE OF b SKIP LOCKED),
        claimed AS (
            UPDATE backfills b SET due_at = $4, attempts = b.attempts + 1 FROM mine WHERE b.tag_id = mine.tag_id
            RETURNING b.tag_id, b.attempts)
        SELECT k.tag_id, r.prefix || t.tag, d.digest, k.attempts
        FROM claimed k JOIN tags t ON t.id = k.tag_id JOIN repositories r ON r.id = t.repository_id
        JOIN tag_checks c ON c.tag_id = k.tag_id
        LEFT JOIN LATERAL (
            SELECT h.digest_id FROM changes h
            WHERE h.tag_id = k.tag_id AND h.what >> 4 & 7 IN (1, 5) AND h.digest_id IS NOT NULL
            ORDER BY h.observed_at, h.ordinal LIMIT 1) own ON true
        LEFT JOIN digests d ON d.id = COALESCE(own.digest_id, c.digest_id)
        ORDER BY r.prefix, t.tag
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(now)
        parameters.append(excluded)
        parameters.append(limit)
        parameters.append(retryAt)
        parameters.append(repositoryID)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Backfill {
        Backfill(
            tagID: try row.next(), reference: try row.next(), digest: try row.next(), attempts: try row.next())
    }
}

struct DeleteBackfills: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = "DELETE FROM backfills WHERE tag_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}

struct PostponeBackfills: Statement {
    typealias Row = Never
    let ids: [Int32]
    let time: Timestamp
    static let sql: SQL = "UPDATE backfills SET due_at = $2 WHERE tag_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) {
        parameters.append(ids)
        parameters.append(time)
    }
}

/// What is known of the time at which an image says that it was made.
public enum ImageCreation: Hashable, Sendable {
    case known(Timestamp)
    /// It does not say, or cannot be read any more.
    case unknown
    /// It was not read yet.
    case unread
}

extension TagStore {
    public func creation(of digest: Digest) async throws -> ImageCreation {
        try await pool.first(SelectCreation(digest: digest)) ?? .unread
    }
}

struct SelectCreation: Statement {
    let digest: Digest
    static let sql: SQL = """
        SELECT c.state IN (1, 3, 4) OR c.reason IS NOT NULL, f.created_at FROM digests d JOIN contents c ON c.digest_id = d.id
        LEFT JOIN content_facts f ON f.digest_id = d.id WHERE d.digest = $1
        """
    func bind(_ parameters: inout Parameters) { parameters.append(digest) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ImageCreation {
        let isRead: Bool = try row.next()
        let created: Timestamp? = try row.next()
        return created.map { .known($0) } ?? (isRead ? .unknown : .unread)
    }
}
