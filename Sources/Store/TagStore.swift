public import LibPQ
public import Logging

/// The history and everything around it in PostgreSQL: the one room that holds SQL.
public final class TagStore: Sendable {
    public let pool: Pool
    let signals: Signals
    let logger: Logger

    /// - Parameter conninfo: a libpq connection string or URI.
    public init(conninfo: String, maximumConnections: Int = 8, logger: Logger) {
        pool = Pool(conninfo: conninfo, maximumConnections: maximumConnections)
        signals = Signals(pool: pool, logger: logger)
        self.logger = logger
    }

    public func close() { pool.close() }

    /// Whether the database answers.
    public func ping() async throws { try await pool.run(Ping()) }
}

struct Ping: Statement {
    typealias Row = Bool
    static let sql: SQL = "SELECT true"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

extension Pool {
    /// A transaction that is tried again where PostgreSQL asks for it (deadlock, serialization failure).
    func retryingTransaction<Value: Sendable>(_ body: (Connection) async throws -> sending Value) async throws -> Value
    {
        for _ in 0..<4 {
            do { return try await transaction(body) } catch let error as PostgresError {
                guard error.sqlState?.isRetryable == true else { throw error }
            }
        }
        return try await transaction(body)
    }
}
