import LibPQ
import OCI

extension Connection {
    /// Makes and locks the tags of an import before anything else, so that it never waits for another transaction while
    /// that one waits for it: an import of hours must not be the one that a deadlock ends.
    func trackImported(at now: Timestamp) async throws {
        while true {
            try await run(InsertImportedRegistries())
            try await run(InsertImportedRepositories())
            try await run(InsertImportedTags(now: now))
            try await runScript("SAVEPOINT locks")
            do {
                let locks = try await first(LockImportedTags())
                if let locks, locks.locked == locks.wanted { break }
                // A tag that no registry ever had was removed in between.
                try await runScript("ROLLBACK TO SAVEPOINT locks")
            } catch let error as PostgresError where error.sqlState?.isRetryable == true {
                // Nothing is lost by waiting once more.
                try await runScript("ROLLBACK TO SAVEPOINT locks")
            }
        }
        try await run(RetrackImported(now: now))
    }
}

// As in Tracking.swift, but for a table that may be long.

struct InsertImportedRegistries: Statement {
    typealias Row = Never
    static let sql: SQL = """
        INSERT INTO registries (name)
        SELECT DISTINCT i.registry FROM import_tags i
        WHERE NOT EXISTS (SELECT FROM registries r WHERE r.name = i.registry)
        ORDER BY 1
        ON CONFLICT DO NOTHING
        """
}

struct InsertImportedRepositories: Statement {
    typealias Row = Never
    static let sql: SQL = """
        INSERT INTO repositories (registry_id, path)
        SELECT DISTINCT g.id, i.path FROM import_tags i JOIN registries g ON g.name = i.registry
        WHERE NOT EXISTS (SELECT FROM repositories r WHERE r.registry_id = g.id AND r.path = i.path)
        ORDER BY 1, 2
        ON CONFLICT DO NOTHING
        """
}

struct InsertImportedTags: Statement {
    typealias Row = Never
    let now: Timestamp
    static let sql: SQL = """
        WITH new AS (
            INSERT INTO tags (repository_id, reference, origin, state, tracked_since, last_viewed_at)
            SELECT r.id, i.reference, 4, 1, $1, $1
            FROM import_tags i JOIN registries g ON g.name = i.registry
            JOIN repositories r ON r.registry_id = g.id AND r.path = i.path
            WHERE NOT EXISTS (SELECT FROM tags t WHERE t.reference = i.reference)
            ORDER BY i.reference
            ON CONFLICT DO NOTHING
            RETURNING id, repository_id)
        INSERT INTO tag_checks (tag_id, registry_id, repository_id, next_check_at)
        SELECT new.id, r.registry_id, r.id, LEAST($1, l.clock) FROM new
        JOIN repositories r ON r.id = new.repository_id LEFT JOIN lanes l ON l.registry_id = r.registry_id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
}

struct LockImportedTags: Statement {
    static let sql: SQL = """
        SELECT count(*), (SELECT count(*) FROM import_tags) FROM (
            SELECT FROM tag_checks c JOIN tags t ON t.id = c.tag_id JOIN import_tags i ON i.reference = t.reference
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c) locked
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (locked: Int, wanted: Int) {
        (try row.next(), try row.next())
    }
}

struct RetrackImported: Statement {
    typealias Row = Never
    let now: Timestamp
    static let sql: SQL = """
        WITH due AS (
            UPDATE tag_checks c SET next_check_at = LEAST($1,
                (SELECT l.clock FROM lanes l WHERE l.registry_id = c.registry_id)) FROM tags t JOIN import_tags i ON i.reference = t.reference
            WHERE c.tag_id = t.id AND t.state = 4
            RETURNING c.tag_id, c.is_missing, c.failures, c.digest_id)
        UPDATE tags t SET tracked_since = $1, last_viewed_at = $1,
            state = CASE WHEN due.failures > 0 THEN 5 WHEN due.is_missing THEN 3
                WHEN due.digest_id IS NULL THEN 1 ELSE 2 END
        FROM due WHERE t.id = due.tag_id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
}

struct InsertImportedMediaTypes: Statement {
    typealias Row = Never
    static let sql: SQL = """
        INSERT INTO media_types (name)
        SELECT DISTINCT i.media_type FROM import_rows i
        WHERE i.media_type IS NOT NULL AND NOT EXISTS (SELECT FROM media_types m WHERE m.name = i.media_type)
        ORDER BY 1
        ON CONFLICT DO NOTHING
        """
}

/// All at once and in their order, for the same reason as the tags.
struct InsertImportedDigests: Statement {
    typealias Row = Never
    static let sql: SQL = """
        INSERT INTO digests (digest, media_type_id)
        SELECT i.digest, m.id FROM (
            SELECT DISTINCT ON (digest) digest, media_type FROM import_rows
            WHERE digest IS NOT NULL ORDER BY digest, media_type IS NULL, line) i
        LEFT JOIN media_types m ON m.name = i.media_type
        WHERE NOT EXISTS (SELECT FROM digests d WHERE d.digest = i.digest)
        ORDER BY i.digest
        ON CONFLICT DO NOTHING
        """
}
