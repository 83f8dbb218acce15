import Synchronization

/// A bounded set of connections, made when needed and replaced when the server went away.
public final class Pool: StatementRunner {
    private struct State {
        var idle: [Connection] = []
        var open = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Connection?, any Error>)] = []
        var lastID: UInt64 = 0
        var isClosed = false

        /// An idle connection, after dropping those that the server has ended.
        mutating func takeIdle() -> Connection? {
            while let connection = idle.popLast() {
                if connection.isOpen { return connection }
                open -= 1
            }
            return nil
        }

        /// - Returns: whether one more connection may be opened; it is counted as open then.
        mutating func takePlace(_ limit: Int) -> Bool {
            guard open < limit else { return false }
            open += 1
            return true
        }
    }

    public let conninfo: String
    public let applicationName: String
    private let setUp: String?
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - maximumConnections: at least 1; a task that needs one more waits its turn.
    ///   - setUp: trusted text that each connection runs before it is lent, such as settings for the session.
    public init(
        conninfo: String, maximumConnections: Int = 8, applicationName: String = "tagbeat", setUp: String? = nil
    ) {
        self.conninfo = conninfo
        self.applicationName = applicationName
        self.setUp = setUp
        limit = max(1, maximumConnections)
    }

    @discardableResult
    public func run<S: Statement>(_ statement: S) async throws -> Rows<S.Row> {
        try await withConnection { try await $0.run(statement) }
    }

    /// See ``Connection/run(_:settings:)``.
    public func run<S: Statement>(_ statement: S, settings: String) async throws -> Rows<S.Row> {
        try await withConnection { try await $0.run(statement, settings: settings) }
    }

    /// Lends a connection to `body`. One that comes back in the middle of a transaction is closed, not lent again.
    public func withConnection<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: (Connection) async throws -> sending Value
    ) async throws -> sending Value {
        let connection = try await acquire()
        defer { release(connection) }
        return try await body(connection)
    }

    public func transaction<Value>(
        settings: String = "", isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> sending Value
    ) async throws -> sending Value {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.transaction(settings: settings, body)
    }

    /// A connection of its own outside the pool, for sessions that hold something: LISTEN, advisory locks.
    public func dedicatedConnection() async throws -> Connection {
        try await Connection.connect(to: conninfo, applicationName: applicationName)
    }

    /// Closes idle connections now, lent ones on their return, and refuses new loans.
    public func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        for connection in idle { connection.close() }
        for waiter in waiting { waiter.continuation.resume(throwing: Self.closed) }
    }

    private static let closed = PostgresError(.closed, "the database pool is closed")

    private enum Acquisition {
        case idle(Connection)
        case connect
        case wait(UInt64)
    }

    private func acquire() async throws -> Connection {
        let acquisition = try state.withLock { state throws(PostgresError) -> Acquisition in
            if state.isClosed { throw Self.closed }
            if let connection = state.takeIdle() { return .idle(connection) }
            if state.takePlace(limit) { return .connect }
            state.lastID += 1
            return .wait(state.lastID)
        }
        switch acquisition {
        case .idle(let connection): return connection
        case .connect: return try await connect()
        case .wait(let id):
            // A nil hands over the right to open a connection in place of one that was lost.
            if let connection = try await wait(id) { return connection }
            return try await connect()
        }
    }

    private func connect() async throws -> Connection {
        do {
            let connection = try await dedicatedConnection()
            if let setUp { try await connection.runScript(setUp) }
            return connection
        } catch {
            handOver(nil)
            throw error
        }
    }

    private func wait(_ id: UInt64) async throws -> Connection? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Connection?, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isClosed { return .failure(Self.closed) }
                    if let connection = state.takeIdle() { return .success(connection) }
                    if state.takePlace(limit) { return .success(nil) }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func release(_ connection: Connection) {
        if connection.isOpen, connection.isIdle { return handOver(connection) }
        connection.close()
        handOver(nil)
    }

    /// Gives a connection, or the place of a lost one, to the longest waiting task.
    private func handOver(_ connection: Connection?) {
        let waiter = state.withLock { state -> CheckedContinuation<Connection?, any Error>? in
            if state.isClosed {
                connection?.close()
                return nil
            }
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            if let connection { state.idle.append(connection) } else { state.open -= 1 }
            return nil
        }
        waiter?.resume(returning: connection)
    }
}
