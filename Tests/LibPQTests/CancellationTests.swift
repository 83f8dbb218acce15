import LibPQ
import TestSupport
import Testing

@Suite struct CancellationTests {
    @Test func runningStatementEndsAtOnceAndTheConnectionGoesOn() async throws {
        let connection = try await freshConnection()
        let session = try await connection.first(Ask<Int32>("SELECT pg_backend_pid()"))
        var fastest = Double.infinity
        for _ in 0..<5 {
            let task = Task { try await connection.run(Sleep(seconds: 60)) }
            try await Task.sleep(for: .milliseconds(50))
            let elapsed = await seconds {
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            fastest = min(fastest, elapsed)
            #expect(try await connection.first(Ask<Int32>("SELECT pg_backend_pid()")) == session)
        }
        #expect(fastest < 1)
    }

    @Test func cancelledBeforeTheStart() async throws {
        let connection = try await freshConnection()
        try await connection.runScript("CREATE TABLE t (i int8)")
        for _ in 0..<100 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await connection.run(Do("INSERT INTO t VALUES (1)"))
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try await connection.first(Ask<Int>("SELECT count(*) FROM t")) == 0)
    }

    @Test func waitingStatementIsCancelledWithoutTheRunningOne() async throws {
        let connection = try await freshConnection()
        async let running = connection.first(Sleep(seconds: 6, answer: 3))
        try await Task.sleep(for: .milliseconds(100))
        let waiting = Task { try await connection.first(Sleep(seconds: 60, answer: 4)) }
        try await Task.sleep(for: .milliseconds(50))
        let elapsed = await seconds {
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        #expect(elapsed < 5)
        #expect(try await running == 3)
    }

    /// Each statement in a transaction of its own.
    private struct OneByOne: StatementRunner {
        let connection: Connection
        func run<S: Statement>(_ statement: S) async throws -> Rows<S.Row> {
            try await connection.run(statement, settings: "SET LOCAL work_mem = '1MB'")
        }
    }

    @Test func stormOfTransactionsOfOneStatement() async throws {
        let connection = try await freshConnection()
        try await storm(OneByOne(connection: connection), statements: 200)
        #expect(connection.isOpen)
        #expect(try await connection.transaction { _ in 3 } == 3)
    }

    @Test func cancelledTransactionOfOneStatementLeavesNothing() async throws {
        let connection = try await freshConnection()
        try await connection.runScript("CREATE TABLE t (i int8)")
        let insert = Do("INSERT INTO t SELECT 1 FROM pg_sleep(60)")
        let task = Task { try await connection.run(insert, settings: "") }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.run(Do("INSERT INTO t VALUES (2)"), settings: "").affected == 1)
        #expect(try await connection.run(Ask<Int>("SELECT i FROM t")).rows == [2])
    }

    @Test func cancelledWhileItWaitsForALock() async throws {
        let database = try await PostgresServer.shared().makeDatabase()
        let connection = try await Connection.connect(to: database)
        let holder = try await Connection.connect(to: database)
        try await holder.runScript("SELECT pg_advisory_lock(7)")
        let task = Task { try await connection.run(Ask<Int>("SELECT 1"), settings: "SELECT pg_advisory_xact_lock(7)") }
        try await Task.sleep(for: .milliseconds(50))
        let elapsed = await seconds {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(elapsed < 5)
        holder.close()
        let after = try await connection.run(Ask<Int>("SELECT 2"), settings: "SELECT pg_advisory_xact_lock(7)")
        #expect(after.rows == [2])
    }

    /// Each task either gets its own number or its cancellation; never another's, and no connection is given up.
    private func storm(_ runner: any StatementRunner, statements: Int) async throws {
        let tally = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<statements {
                group.addTask {
                    let task = Task {
                        try await runner.first(Sleep(seconds: Double.random(in: 0...0.01), answer: number))
                    }
                    if Bool.random() {
                        try await Task.sleep(for: .microseconds(Int.random(in: 0...50_000)))
                        task.cancel()
                    }
                    do {
                        #expect(try await task.value == number)
                        return true
                    } catch is CancellationError { return false }
                }
            }
            return try await group.reduce(into: [true: 0, false: 0]) { $0[$1, default: 0] += 1 }
        }
        #expect(tally[true] != 0 && tally[false] != 0)
    }

    @Test func stormOnOneConnection() async throws {
        let connection = try await freshConnection()
        let session = try await connection.first(Ask<Int32>("SELECT pg_backend_pid()"))
        for _ in 0..<5 { try await storm(connection, statements: 100) }
        #expect(try await connection.first(Ask<Int32>("SELECT pg_backend_pid()")) == session)
        for number in 0..<200 { #expect(try await connection.first(Ask<Int>("SELECT $1", number)) == number) }
    }

    @Test func stormOnAPool() async throws {
        let pool = Pool(conninfo: try await PostgresServer.shared().makeDatabase(), maximumConnections: 8)
        defer { pool.close() }
        let sessions = Ask<Int>(
            "SELECT max(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        // Eight connections at once, so that a later one can only stand for one that was given up.
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await pool.run(Sleep(seconds: 0.2)) } }
            try await group.waitForAll()
        }
        let before = try await pool.first(sessions)
        for _ in 0..<3 { try await storm(pool, statements: 300) }
        #expect(try await pool.first(sessions) == before)
        for number in 0..<200 { #expect(try await pool.first(Ask<Int>("SELECT $1", number)) == number) }
    }

    @Test func connectingIsGivenUpAtOnce() async throws {
        // 127.0.0.1 takes the connection into its backlog and never answers.
        let silent = try SilentListener()
        let task = Task {
            try await Connection.connect(to: "host=127.0.0.1 port=\(silent.port) user=u dbname=d", connectTimeout: 30)
        }
        try await Task.sleep(for: .milliseconds(100))
        let elapsed = await seconds {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(elapsed < 10)
        let error = await postgresError {
            _ = try await Connection.connect(
                to: "host=127.0.0.1 port=\(silent.port) user=u dbname=d", connectTimeout: 2)
        }
        #expect(error?.code == .connectionFailed)
    }

    @Test func closingEndsWhatRuns() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let connection = try await Connection.connect(to: conninfo)
        let running = Task { try await connection.run(Sleep(seconds: 60)) }
        try await Task.sleep(for: .milliseconds(100))
        let waiting = Task { try await connection.run(Sleep(seconds: 60)) }
        let elapsed = await seconds {
            connection.close()
            #expect(!connection.isOpen)
            for task in [running, waiting] {
                #expect(await postgresError { _ = try await task.value }?.code == .closed)
            }
        }
        #expect(elapsed < 10)
        #expect(await postgresError { _ = try await connection.run(Sleep(seconds: 0)) }?.code == .closed)
        let other = try await Connection.connect(to: conninfo)
        let sleeping = Ask<Int>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        #expect(try await eventually { try await other.first(sleeping) == 0 })
    }
}
