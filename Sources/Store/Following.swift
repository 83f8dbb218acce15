import LibPQ
public import OCI

/// How the listings of a followed repository go.
public struct FollowedRepository: Sendable {
    public let repository: Repository
    public let nextListingAt: Timestamp
    /// The last listing that came to its end.
    public let listedAt: Timestamp?
    /// Tags that it had, and how many of them were chosen.
    public let listed: Int?
    public let selected: Int?
    /// Why the last listing failed; nil where it did not.
    public let failure: String?
}

extension TagStore {
    /// Makes known which repositories are followed, new ones to be listed at once.
    public func follow(_ repositories: [Repository], at now: Timestamp) async throws {
        let distinct = Set(repositories).sorted()
        guard !distinct.isEmpty else { return }
        try await pool.retryingTransaction { connection in
            try await connection.run(InsertRegistries(names: Set(distinct.map(\.registry.name)).sorted()))
            try await connection.run(InsertRepositories(repositories: distinct))
            try await connection.run(InsertFollowed(repositories: distinct, now: now))
        }
    }

    /// Claims one of these repositories whose listing is due; other workers leave it alone until `retryAfter` seconds
    /// are over.
    public func claimListing(
        of repositories: [Repository], retryAfter: Double, at now: Timestamp
    ) async throws -> Repository? {
        guard !repositories.isEmpty else { return nil }
        return try await pool.first(
            ClaimFollowed(repositories: repositories, now: now, retryAt: now.advanced(bySeconds: retryAfter)))
    }

    /// Notes how a listing went.
    /// - Parameter failure: nil where it came to its end. Cleaned text, safe to show.
    public func noteListing(
        of repository: Repository, listed: Int?, selected: Int?, failure: String?, next: Timestamp, at now: Timestamp
    ) async throws {
        try await pool.run(
            UpdateFollowed(
                repository: repository, listed: listed, selected: selected, failure: failure, next: next, now: now))
    }

    /// The tags of a repository that are tracked because a selection chose them, and by nobody's wish.
    public func discovered(in repository: Repository) async throws -> [TagReference] {
        try await pool.run(SelectDiscovered(repository: repository)).rows
    }

    /// Checks discovered tags no more that are chosen no longer; their history stays. What a person tracks is not
    /// touched.
    /// - Returns: how many.
    public func untrackDiscovered(_ references: [TagReference]) async throws -> Int {
        guard !references.isEmpty else { return 0 }
        return try await pool.run(UntrackDiscovered(references: references)).affected
    }

    public func followedRepositories() async throws -> [FollowedRepository] {
        try await pool.run(SelectFollowed()).rows
    }
}

struct InsertFollowed: Statement {
    typealias Row = Never
    let repositories: [Repository]
    let now: Timestamp
    static let sql: SQL = """
        INSERT INTO followed_repositories (repository_id, next_listing_at)
        SELECT r.id, $3 FROM unnest($1::text[], $2::text[]) i (registry, path)
        JOIN registries g ON g.name = i.registry JOIN repositories r ON r.registry_id = g.id AND r.path = i.path
        ORDER BY r.id
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.registry.name))
        parameters.append(repositories.map(\.path))
        parameters.append(now)
    }
}

private func repository(_ row: inout RowDecoder) throws(PostgresError) -> Repository {
    let text: String = try row.next()
    guard let repository = try? Repository(parsing: text) else { throw row.failure("is no repository's name") }
    return repository
}

struct ClaimFollowed: Statement {
    let repositories: [Repository]
    let now: Timestamp
    let retryAt: Timestamp
    static let sql: SQL = """
        WITH due AS MATERIALIZED (
            SELECT f.repository_id, g.name || '/' || r.path AS name
            FROM followed_repositories f JOIN repositories r ON r.id = f.repository_id
            JOIN registries g ON g.id = r.registry_id
            WHERE f.next_listing_at <= $2 AND g.name || '/' || r.path = ANY ($1)
            ORDER BY f.next_listing_at LIMIT 1 FOR NO KEY UPDATE OF f SKIP LOCKED)
        UPDATE followed_repositories f SET next_listing_at = $3 FROM due WHERE f.repository_id = due.repository_id
        RETURNING due.name
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.description))
        parameters.append(now)
        parameters.append(retryAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Repository { try repository(&row) }
}

struct UpdateFollowed: Statement {
    typealias Row = Never
    let repository: Repository
    let listed: Int?
    let selected: Int?
    let failure: String?
    let next: Timestamp
    let now: Timestamp
    static let sql: SQL = """
        UPDATE followed_repositories f SET next_listing_at = $6, failure = $5,
            listed_at = CASE WHEN $5::text IS NULL THEN $7 ELSE f.listed_at END,
            listed = COALESCE($3::integer, f.listed), selected = COALESCE($4::integer, f.selected)
        FROM repositories r JOIN registries g ON g.id = r.registry_id
        WHERE g.name = $1 AND r.path = $2 AND f.repository_id = r.id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.registry.name)
        parameters.append(repository.path)
        parameters.append(listed.map { Int32(clamping: $0) })
        parameters.append(selected.map { Int32(clamping: $0) })
        parameters.append(failure)
        parameters.append(next)
        parameters.append(now)
    }
}

struct SelectDiscovered: Statement {
    let repository: Repository
    static let sql: SQL = """
        SELECT t.reference FROM tags t
        WHERE t.reference > $1 || ':' AND t.reference < $1 || ';' AND t.state <> 4 AND t.origin = 5
        """
    func bind(_ parameters: inout Parameters) { parameters.append(repository.description) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagReference { try row.next() }
}

struct UntrackDiscovered: Statement {
    typealias Row = Never
    let references: [TagReference]
    static let sql: SQL = """
        WITH locked AS MATERIALIZED (
            SELECT c.tag_id FROM tag_checks c JOIN tags t ON t.id = c.tag_id
            WHERE t.reference = ANY ($1) AND t.state <> 4 AND t.origin = 5
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c),
        stopped AS (
            UPDATE tags t SET state = 4 FROM locked WHERE t.id = locked.tag_id AND t.state <> 4 RETURNING t.id)
        UPDATE tag_checks c SET next_check_at = 'infinity' FROM stopped WHERE c.tag_id = stopped.id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
}

struct SelectFollowed: Statement {
    static let sql: SQL = """
        SELECT g.name || '/' || r.path, f.next_listing_at, f.listed_at, f.listed, f.selected, f.failure
        FROM followed_repositories f JOIN repositories r ON r.id = f.repository_id
        JOIN registries g ON g.id = r.registry_id ORDER BY 1
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> FollowedRepository {
        let repository = try repository(&row)
        let nextListingAt: Timestamp = try row.next()
        let listedAt: Timestamp? = try row.next()
        let listed: Int32? = try row.next()
        let selected: Int32? = try row.next()
        return FollowedRepository(
            repository: repository, nextListingAt: nextListingAt, listedAt: listedAt, listed: listed.map(Int.init),
            selected: selected.map(Int.init), failure: try row.next())
    }
}
