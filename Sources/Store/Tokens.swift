import LibPQ
public import OCI

/// Who may write through the API, without what they show.
public struct TokenInfo: Sendable {
    public let name: String
    public let createdAt: Timestamp
    /// To the hour.
    public let lastUsedAt: Timestamp?
}

extension TagStore {
    /// - Parameter hash: the token's SHA-256.
    /// - Returns: false where the name is taken.
    public func addToken(_ name: String, hash: [UInt8], at now: Timestamp) async throws -> Bool {
        try await pool.run(InsertToken(name: name, hash: ByteString(hash), now: now)).affected > 0
    }

    /// By name.
    public func tokens() async throws -> [TokenInfo] { try await pool.run(SelectTokens()).rows }

    /// - Returns: false where there is none of this name.
    public func revokeToken(_ name: String) async throws -> Bool {
        try await pool.run(DeleteToken(name: name)).affected > 0
    }

    /// Whether a token is one of ours.
    public func hasToken(hash: [UInt8], at now: Timestamp) async throws -> Bool {
        try await pool.first(UseToken(hash: ByteString(hash), now: now)) ?? false
    }
}

struct InsertToken: Statement {
    typealias Row = Never
    let name: String
    let hash: ByteString
    let now: Timestamp
    static let sql: SQL = "INSERT INTO tokens (name, hash, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    func bind(_ parameters: inout Parameters) {
        parameters.append(name)
        parameters.append(hash)
        parameters.append(now)
    }
}

struct SelectTokens: Statement {
    static let sql: SQL = "SELECT name, created_at, last_used_at FROM tokens ORDER BY name"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TokenInfo {
        TokenInfo(name: try row.next(), createdAt: try row.next(), lastUsedAt: try row.next())
    }
}

struct DeleteToken: Statement {
    typealias Row = Never
    let name: String
    static let sql: SQL = "DELETE FROM tokens WHERE name = $1"
    func bind(_ parameters: inout Parameters) { parameters.append(name) }
}

/// Written down once an hour, so that using one costs no write.
struct UseToken: Statement {
    let hash: ByteString
    let now: Timestamp
    static let sql: SQL = """
        WITH used AS (
            UPDATE tokens SET last_used_at = $2
            WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 hour'))
        SELECT EXISTS (SELECT FROM tokens WHERE hash = $1)
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(hash)
        parameters.append(now)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}
