public import LibPQ
public import Logging

/// The history and everything around it in PostgreSQL: the one room that holds SQL.
public final class TagStore: Sendable {
    public let pool: Pool
    /// For reads by arrays of keys, and by an index on parts of names: see
    /// ``Pool/transactionByKeys(standstill:waitsForDisk:_:)``. These are one statement each and stand alone, so sessions
    /// that are set for them save the way to the server and back for each setting.
    let keyedReads: Pool
    let names = RepositoryNames()
    let sample = NameSample()
    let signals: Signals
    let logger: Logger

    /// - Parameter conninfo: a libpq connection string or URI.
    public init(conninfo: String, maximumConnections: Int = 8, logger: Logger) {
        pool = Pool(conninfo: conninfo, maximumConnections: maximumConnections)
        keyedReads = Pool(
            conninfo: conninfo, maximumConnections: max(1, maximumConnections / 2),
            setUp: Pool.byKeys.map { "SET " + $0 }.joined(separator: "; "))
        signals = Signals(pool: pool, logger: logger)
        self.logger = logger
    }

    public func close() {
        pool.close()
        keyedReads.close()
    }

    /// Whether the database answers.
    public func ping() async throws { try await pool.run(Ping()) }
}

struct Ping: Statement {
    typealias Row = Bool
    static let sql: SQL = "SELECT true"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

extension Pool {
    /// Seconds between two statements of a transaction, far more than this process needs on the busiest machine.
    static let standstill = 30

    /// A transaction that is tried again where PostgreSQL asks for it (deadlock, serialization failure).
    func retryingTransaction<Value: Sendable>(
        standstill: Int = Pool.standstill, waitsForDisk: Bool = true,
        _ body: (Connection) async throws -> sending Value
    ) async throws -> Value {
        for _ in 0..<4 {
            do {
                return try await transactionByKeys(standstill: standstill, waitsForDisk: waitsForDisk, body)
            } catch let error as PostgresError {
                guard error.sqlState?.isRetryable == true else { throw error }
            }
        }
        return try await transactionByKeys(standstill: standstill, waitsForDisk: waitsForDisk, body)
    }

    /// A transaction whose statements bear arrays of keys.
    ///
    /// Planned for each array anew, they would read a whole table as soon as an array holds a hundredth of it; planned
    /// once while the tables are small, they would do so when they have grown. So they are planned once, and told to use
    /// an index.
    ///
    /// Others wait for the rows that it locks. So the server ends it where this process stands still in the middle of it,
    /// stopped or suspended.
    /// - Parameter waitsForDisk: whether it has to outlast a crash of the database in the next second.
    func transactionByKeys<Value: Sendable>(
        standstill: Int = Pool.standstill, waitsForDisk: Bool = true,
        _ body: (Connection) async throws -> sending Value
    ) async throws -> Value {
        let settings = Self.byKeys + Self.patience(standstill: standstill, waitsForDisk: waitsForDisk)
        return try await transaction(settings: Self.local(settings), body)
    }

    /// For how long others wait for a transaction, and it for the disk.
    static func patience(standstill: Int = Pool.standstill, waitsForDisk: Bool) -> [String] {
        ["idle_in_transaction_session_timeout = '\(standstill)s'"] + (waitsForDisk ? [] : ["synchronous_commit = off"])
    }

    /// For one transaction.
    static func local(_ settings: [String]) -> String { settings.map { "SET LOCAL " + $0 }.joined(separator: "; ") }

    /// Settings for statements that find what they look for by an index, whatever their values. They are done before a
    /// second process would have begun to help, or code for them were compiled.
    fileprivate static let byKeys = [
        "plan_cache_mode = force_generic_plan", "enable_seqscan = off", "max_parallel_workers_per_gather = 0",
        "jit = off",
    ]
}

extension TagStore {
    /// Whether an error says that the database cannot be used for the moment: it is away, full, shutting down or not
    /// migrated yet. Anything else that the store throws is a mistake of ours or an answer to the caller.
    public static func isUnavailable(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError else { return false }
        // https://www.postgresql.org/docs/15/errcodes-appendix.html: 08 connection, 53 resources, 57 operator.
        let isPassing = ["08", "53", "57"].contains { error.sqlState?.rawValue.hasPrefix($0) == true }
        return error.isConnectionError || error.code == .closed || isPassing || error.sqlState == .undefinedTable
    }
}
