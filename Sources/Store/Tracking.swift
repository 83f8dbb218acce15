import LibPQ
public import OCI
import TagHistory

extension TagStore {
    /// Begins to watch tags, due at once; what an earlier tracking learned of them is kept.
    /// - Returns: for each distinct reference whether it is new.
    @discardableResult
    public func track(
        _ references: [TagReference], origin: TagOrigin, at now: Timestamp
    ) async throws -> [TagReference: Tracking] {
        let distinct = Set(references).sorted()
        var outcome: [TagReference: Tracking] = [:]
        for start in stride(from: 0, to: distinct.count, by: 5_000) {
            let chunk = Array(distinct[start..<min(start + 5_000, distinct.count)])
            let added = try await pool.retryingTransaction { try await $0.track(chunk, origin: origin, at: now) }
            for reference in chunk { outcome[reference] = added.contains(reference) ? .added : .alreadyTracked }
            if !added.isEmpty { try await pool.run(Notify(signal: .work)) }
        }
        return outcome
    }

    /// Stops watching a tag and keeps its history.
    /// - Returns: false where it was not tracked.
    public func untrack(_ reference: TagReference) async throws -> Bool {
        try await pool.run(Untrack(reference: reference)).affected > 0
    }

    /// Leaves nothing of a tag that is not tracked and has no history: of a name that its operator was told to be wrong.
    /// One on the command line is told nothing, and finds it as missing.
    public func forgetUnseen(_ reference: TagReference) async throws {
        try await pool.retryingTransaction { connection in
            guard let tag = try await connection.first(SelectTag(reference: reference)),
                try await connection.first(LockTags(ids: [tag.id])) == 1,
                try await connection.first(SelectTagState(reference: reference)) == .untracked
            else { return }
            try await connection.run(DeleteUnseen(ids: [tag.id]))
        }
    }

    /// Whether nothing was ever tracked.
    public func isEmpty() async throws -> Bool { try await pool.first(HasNoTags()) ?? true }

    /// Remembers that somebody looked, once a day at most. A look that is lost with a crash of the database was one of
    /// many.
    public func noteViewed(_ references: [TagReference], at now: Timestamp) async throws {
        guard !references.isEmpty else { return }
        _ = try await pool.retryingTransaction(waitsForDisk: false) {
            try await $0.run(NoteViewed(references: references, now: now))
        }
    }
}

extension Connection {
    /// Makes rows for references that have none and wakes untracked ones.
    /// - Returns: the references that were not tracked before.
    func track(
        _ references: [TagReference], origin: TagOrigin, at now: Timestamp
    ) async throws -> Set<TagReference> {
        try await insertNames(of: references)
        let new = try await run(InsertTags(references: references, origin: origin, now: now)).rows
        let woken = try await run(Retrack(references: references, origin: origin, now: now)).rows
        // What a person wishes for is no longer the selection's alone.
        if origin != .discovery, origin != .import {
            try await run(TakeOverDiscovered(references: references, origin: origin))
        }
        return Set(new).union(woken)
    }
}

extension Connection {
    /// Of registries, repositories and tags: before anything of a tag is locked, or of two who bring the same name each
    /// might wait for the other.
    func insertNames(of references: [TagReference]) async throws {
        try await run(InsertRegistries(names: Set(references.map(\.registry.name)).sorted()))
        try await run(InsertRepositories(repositories: Set(references.map(\.repository)).sorted()))
        try await run(InsertTagNames(names: Set(references.map { $0.tag.name.lowercased() }).sorted()))
    }
}

struct InsertTagNames: Statement {
    typealias Row = Never
    let names: [String]
    static let sql: SQL = """
        INSERT INTO tag_names
        SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM tag_names t WHERE t.name = n)
        ORDER BY n COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(names) }
}

// The anti-joins keep identities from being spent on rows that are there already.

struct InsertRegistries: Statement {
    typealias Row = Never
    let names: [String]
    static let sql: SQL = """
        INSERT INTO registries (name)
        SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM registries r WHERE r.name = n)
        ORDER BY n COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(names) }
}

struct InsertRepositories: Statement {
    typealias Row = Never
    let repositories: [Repository]
    static let sql: SQL = """
        INSERT INTO repositories (registry_id, path, prefix)
        SELECT g.id, i.path, i.prefix
        FROM unnest($1::text[], $2::text[], $3::text[]) i (registry, path, prefix)
        JOIN registries g ON g.name = i.registry
        WHERE NOT EXISTS (SELECT FROM repositories r WHERE r.prefix = i.prefix)
        ORDER BY i.prefix COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.registry.name))
        parameters.append(repositories.map(\.path))
        parameters.append(repositories.map(\.prefix))
    }
}

/// A tag never stands without its row in `tag_checks`. It is due by the lane's clock, which may lag behind time.
struct InsertTags: Statement {
    let references: [TagReference]
    let origin: TagOrigin
    let now: Timestamp
    static let sql: SQL = """
        WITH new AS (
            INSERT INTO tags (repository_id, tag, origin, state, tracked_since, last_viewed_at)
            SELECT r.id, i.tag, $3, 1, $4, $4
            FROM unnest($1::text[], $2::text[]) i (prefix, tag)
            CROSS JOIN LATERAL (SELECT id FROM repositories WHERE prefix = i.prefix OFFSET 0) r
            LEFT JOIN LATERAL (SELECT id FROM tags t WHERE t.repository_id = r.id AND t.tag = i.tag OFFSET 0) t ON true
            WHERE t.id IS NULL
            ORDER BY r.id, i.tag COLLATE "C"
            ON CONFLICT DO NOTHING
            RETURNING id, repository_id, tag),
        due AS (
            INSERT INTO tag_checks (tag_id, registry_id, repository_id, tag, next_check_at)
            SELECT new.id, r.registry_id, r.id, new.tag, LEAST($4, l.clock) FROM new
            JOIN repositories r ON r.id = new.repository_id LEFT JOIN lanes l ON l.registry_id = r.registry_id)
        SELECT r.prefix || new.tag FROM new JOIN repositories r ON r.id = new.repository_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(references.map(\.repository.prefix))
        parameters.append(references.map(\.tag))
        parameters.append(origin)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagReference { try row.next() }
}

/// A selection wakes only what it let go itself, not what a person stopped.
struct Retrack: Statement {
    let references: [TagReference]
    let origin: TagOrigin
    let now: Timestamp
    static let sql: SQL =
        "WITH locked AS MATERIALIZED (SELECT c.tag_id FROM " + TagKeys.named + """
                 JOIN tag_checks c ON c.tag_id = t.id
                WHERE t.state = 4 AND ($3::smallint <> 5 OR t.origin = 5)
                ORDER BY c.tag_id FOR NO KEY UPDATE OF c),
            due AS (
                UPDATE tag_checks c SET next_check_at = LEAST($2,
                    (SELECT l.clock FROM lanes l WHERE l.registry_id = c.registry_id)) FROM locked
                WHERE c.tag_id = locked.tag_id AND c.next_check_at = 'infinity'
                RETURNING c.tag_id, c.is_missing, c.failures, c.digest_id)
            UPDATE tags t SET tracked_since = $2, last_viewed_at = $2, retired_at = NULL,
                state = CASE WHEN due.failures > 0 THEN 5 WHEN due.is_missing THEN 3
                    WHEN due.digest_id IS NULL THEN 1 ELSE 2 END
            FROM due, repositories r WHERE t.id = due.tag_id AND t.state = 4 AND r.id = t.repository_id
            RETURNING r.prefix || t.tag
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(references)
        parameters.append(now)
        parameters.append(origin)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagReference { try row.next() }
}

struct TakeOverDiscovered: Statement {
    typealias Row = Never
    let references: [TagReference]
    let origin: TagOrigin
    static let sql: SQL =
        "UPDATE tags SET origin = $2 WHERE id IN (SELECT t.id FROM " + TagKeys.named + ") AND origin = 5"
    func bind(_ parameters: inout Parameters) {
        parameters.append(references)
        parameters.append(origin)
    }
}

/// By a person: no selection and no look wakes it again.
struct Untrack: Statement {
    typealias Row = Never
    let reference: TagReference
    static let sql: SQL =
        "WITH locked AS MATERIALIZED (SELECT c.tag_id FROM " + TagKeys.tables
        + " JOIN tag_checks c ON c.tag_id = t.id WHERE " + TagKeys.isNamed + """
                 AND (t.state <> 4 OR t.retired_at IS NOT NULL) FOR NO KEY UPDATE OF c),
            stopped AS (
                UPDATE tags t SET state = 4, retired_at = NULL, origin = CASE WHEN t.origin = 5 THEN 1 ELSE t.origin END
                FROM locked WHERE t.id = locked.tag_id AND (t.state <> 4 OR t.retired_at IS NOT NULL) RETURNING t.id)
            UPDATE tag_checks c SET next_check_at = 'infinity' FROM stopped WHERE c.tag_id = stopped.id
            """
    func bind(_ parameters: inout Parameters) { parameters.append(reference) }
}

struct HasNoTags: Statement {
    static let sql: SQL = "SELECT NOT EXISTS (SELECT FROM tags)"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

/// Rows are locked in order, as all who lock several do.
struct NoteViewed: Statement {
    typealias Row = Never
    let references: [TagReference]
    let now: Timestamp
    static let sql: SQL =
        "WITH seen AS (SELECT t.id FROM " + TagKeys.named + """
                 WHERE t.last_viewed_at IS NULL OR t.last_viewed_at < $2 - interval '1 day'
                ORDER BY t.id FOR NO KEY UPDATE OF t)
            UPDATE tags t SET last_viewed_at = $2 FROM seen WHERE t.id = seen.id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(references)
        parameters.append(now)
    }
}
