import LibPQ
public import OCI

/// A tag among its repository's: what it takes to name and to order it.
public struct RepositoryTag: Hashable, Sendable {
    public let id: Int32
    public let reference: TagReference
    public let state: TagState
    public let lastChangedAt: Timestamp?

    public init(id: Int32, reference: TagReference, state: TagState, lastChangedAt: Timestamp?) {
        self.id = id
        self.reference = reference
        self.state = state
        self.lastChangedAt = lastChangedAt
    }
}

extension TagStore {
    /// The tags of a repository that are or were tracked, by name.
    /// - Parameter limit: more are left out.
    public func tags(in repository: Repository, limit: Int = 5_000) async throws -> [RepositoryTag] {
        try await pool.run(SelectRepositoryTags(repository: repository, limit: limit)).rows
    }
}

/// References of a repository lie side by side: `:` and `;` are neighbours in ASCII.
struct SelectRepositoryTags: Statement {
    let repository: Repository
    let limit: Int
    static let sql: SQL = """
        SELECT t.id, t.reference, t.state, t.last_changed_at FROM tags t
        WHERE t.reference >= $1 AND t.reference < $2 ORDER BY t.reference LIMIT $3
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append("\(repository):")
        parameters.append("\(repository);")
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> RepositoryTag {
        RepositoryTag(
            id: try row.next(), reference: try row.next(), state: try row.next(), lastChangedAt: try row.next())
    }
}
