import LibPQ
public import OCI
import TagHistory

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
        try await keyedReads.run(SelectRepositoryTags(repository: repository, limit: limit)).rows
    }
}

extension TagStore {
    /// The newest changes of all tags of a repository, newest first.
    public func changes(in repository: Repository, limit: Int) async throws -> [TagChange] {
        try await pool.run(SelectRepositoryChanges(repository: repository, limit: limit)).rows.map(\.change)
    }
}

/// Only the tags that moved last are looked into: no other can have one of the newest changes.
struct SelectRepositoryChanges: Statement {
    let repository: Repository
    let limit: Int
    static let sql: SQL =
        """
        WITH newest AS MATERIALIZED (
            SELECT t.id FROM tags t JOIN repositories r ON r.id = t.repository_id CROSS JOIN LATERAL (
                SELECT c.observed_at FROM changes c WHERE c.tag_id = t.id AND c.ordinal >= 0
                ORDER BY c.observed_at DESC, c.ordinal DESC LIMIT 1) n
            WHERE r.prefix = $1 ORDER BY n.observed_at DESC LIMIT $2)
        SELECT\u{20}
        """ + PositionedChange.columns + """
             FROM newest w JOIN tags t ON t.id = w.id JOIN repositories r ON r.id = t.repository_id CROSS JOIN LATERAL (
                SELECT c.* FROM changes c WHERE c.tag_id = w.id AND c.ordinal >= 0
                ORDER BY c.observed_at DESC, c.ordinal DESC LIMIT $2) h
            """ + Change.tables + " ORDER BY h.observed_at DESC, h.tag_id DESC, h.ordinal DESC LIMIT $2"
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.prefix)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> PositionedChange {
        try PositionedChange.decode(&row)
    }
}

struct SelectRepositoryTags: Statement {
    let repository: Repository
    let limit: Int
    static let sql: SQL = """
        SELECT t.id, r.prefix || t.tag, t.state, t.last_changed_at
        FROM repositories r JOIN tags t ON t.repository_id = r.id WHERE r.prefix = $1 ORDER BY t.tag LIMIT $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(repository.prefix)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> RepositoryTag {
        RepositoryTag(
            id: try row.next(), reference: try row.next(), state: try row.next(), lastChangedAt: try row.next())
    }
}
