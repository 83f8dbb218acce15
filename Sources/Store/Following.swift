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
        SELECT r.id, $2 FROM unnest($1::text[]) i (prefix) JOIN repositories r ON r.prefix = i.prefix
        ORDER BY r.id
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.prefix))
        parameters.append(now)
    }
}

struct ClaimFollowed: Statement {
    let repositories: [Repository]
    let now: Timestamp
    let retryAt: Timestamp
    static let sql: SQL = """
        WITH due AS MATERIALIZED (
            SELECT f.repository_id, r.prefix
            FROM followed_repositories f JOIN repositories r ON r.id = f.repository_id
            WHERE f.next_listing_at <= $2 AND r.prefix = ANY ($1)
            ORDER BY f.next_listing_at LIMIT 1 FOR NO KEY UPDATE OF f SKIP LOCKED)
        UPDATE followed_repositories f SET next_listing_at = $3 FROM due WHERE f.repository_id = due.repository_id
        RETURNING due.prefix
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repositories.map(\.prefix))
        parameters.append(now)
        parameters.append(retryAt)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Repository { try .decodePrefix(&row) }
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
        UPDATE followed_repositories f SET next_listing_at = $5, failure = $4,
            listed_at = CASE WHEN $4::text IS NULL THEN $6 ELSE f.listed_at END,
            listed = COALESCE($2::integer, f.listed), selected = COALESCE($3::integer, f.selected)
        FROM repositories r WHERE r.prefix = $1 AND f.repository_id = r.id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.prefix)
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
        SELECT r.prefix || t.tag FROM repositories r JOIN tags t ON t.repository_id = r.id
        WHERE r.prefix = $1 AND t.state <> 4 AND t.origin = 5
        """
    func bind(_ parameters: inout Parameters) { parameters.append(repository.prefix) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagReference { try row.next() }
}

struct UntrackDiscovered: Statement {
    typealias Row = Never
    let references: [TagReference]
    static let sql: SQL =
        "WITH locked AS MATERIALIZED (SELECT c.tag_id FROM " + TagKeys.named + """
                 JOIN tag_checks c ON c.tag_id = t.id
                WHERE t.state <> 4 AND t.origin = 5
                ORDER BY c.tag_id FOR NO KEY UPDATE OF c),
            stopped AS (
                UPDATE tags t SET state = 4 FROM locked WHERE t.id = locked.tag_id AND t.state <> 4 RETURNING t.id)
            UPDATE tag_checks c SET next_check_at = 'infinity' FROM stopped WHERE c.tag_id = stopped.id
            """
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
}

struct SelectFollowed: Statement {
    static let sql: SQL = """
        SELECT r.prefix, f.next_listing_at, f.listed_at, f.listed, f.selected, f.failure
        FROM followed_repositories f JOIN repositories r ON r.id = f.repository_id ORDER BY r.prefix
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> FollowedRepository {
        let repository = try Repository.decodePrefix(&row)
        let nextListingAt: Timestamp = try row.next()
        let listedAt: Timestamp? = try row.next()
        let listed: Int32? = try row.next()
        let selected: Int32? = try row.next()
        return FollowedRepository(
            repository: repository, nextListingAt: nextListingAt, listedAt: listedAt, listed: listed.map(Int.init),
            selected: selected.map(Int.init), failure: try row.next())
    }
}
