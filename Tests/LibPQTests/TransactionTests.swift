import LibPQ
import TestSupport
import Testing

@Suite struct TransactionTests {
    private struct Stop: Error {}

    private func withTable() async throws -> Connection {
        let connection = try await freshConnection()
        try await connection.runScript("CREATE TABLE t (i int8 PRIMARY KEY)")
        return connection
    }

    private func rows(_ connection: Connection) async throws -> [Int] {
        try await connection.run(Ask<Int>("SELECT i FROM t ORDER BY i")).rows
    }

    @Test func commitAndRollback() async throws {
        let connection = try await withTable()
        let value = try await connection.transaction { connection in
            try await connection.run(Do("INSERT INTO t VALUES (1)"))
            return try await connection.first(Ask<Int>("SELECT count(*) FROM t"))
        }
        #expect(value == 1)
        await #expect(throws: Stop.self) {
            try await connection.transaction { connection in
                try await connection.run(Do("INSERT INTO t VALUES (2)"))
                throw Stop()
            }
        }
        #expect(try await rows(connection) == [1])
    }

    @Test func transactionOfOneStatement() async throws {
        let connection = try await withTable()
        let settings = "SET LOCAL application_name = 'once'"
        let name = Ask<String>("SELECT current_setting('application_name')")
        #expect(try await connection.run(name, settings: settings).rows == ["once"])
        #expect(try await connection.first(name) == "tagbeat")
        #expect(try await connection.run(Do("INSERT INTO t VALUES (1)"), settings: settings).affected == 1)
        let error = await postgresError { try await connection.run(Do("INSERT INTO t VALUES (1)"), settings: settings) }
        #expect(error?.sqlState == .uniqueViolation)
        // Where the settings fail nothing is run.
        let mistake = await postgresError {
            try await connection.run(Do("INSERT INTO t VALUES (2)"), settings: "SET x")
        }
        #expect(mistake?.sqlState == "42601")
        #expect(try await rows(connection) == [1])
        // It is a transaction of its own, and leaves another's alone.
        let misuse = try await connection.transaction { connection in
            try await connection.run(Do("INSERT INTO t VALUES (3)"))
            return await postgresError { try await connection.run(name, settings: settings) }
        }
        #expect(misuse?.code == .misuse)
        #expect(try await rows(connection) == [1, 3])
        // What fails only with COMMIT.
        try await connection.runScript("CREATE TABLE child (p int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
        let late = await postgresError { try await connection.run(Do("INSERT INTO child VALUES (9)"), settings: "") }
        #expect(late?.sqlState == "23503")
        #expect(try await connection.transaction { _ in 3 } == 3)
    }

    /// Whoever waited for a lock sees what its holder did.
    @Test func itSeesWhatOthersCommittedWhateverTheDefault() async throws {
        let database = try await PostgresServer.shared().makeDatabase()
        let connection = try await Connection.connect(to: database)
        let other = try await Connection.connect(to: database)
        try await connection.runScript("SET default_transaction_isolation = 'repeatable read'")
        let count = try await connection.transaction { connection in
            _ = try await connection.first(Ask<Int>("SELECT count(*) FROM pg_class"))
            try await other.runScript("CREATE TABLE others (i int8)")
            return try await connection.first(Ask<Int>("SELECT count(*) FROM pg_class WHERE relname = 'others'"))
        }
        #expect(count == 1)
    }

    @Test func failedStatementRollsBackAndTheConnectionGoesOn() async throws {
        let connection = try await withTable()
        let error = await postgresError {
            try await connection.transaction { connection in
                try await connection.run(Do("INSERT INTO t VALUES (1)"))
                try await connection.run(Do("INSERT INTO t VALUES (1)"))
            }
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(try await rows(connection) == [])
    }

    @Test func swallowedFailureIsNotReportedAsCommitted() async throws {
        let connection = try await withTable()
        let error = await postgresError {
            try await connection.transaction { connection in
                try await connection.run(Do("INSERT INTO t VALUES (1)"))
                _ = try? await connection.run(Do("INSERT INTO t VALUES (1)"))
            }
        }
        #expect(error?.sqlState == "25P02")
        #expect(try await rows(connection) == [])
    }

    @Test func deferredConstraintFailsAtCommit() async throws {
        let connection = try await withTable()
        try await connection.runScript(
            "CREATE TABLE child (p int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
        let error = await postgresError {
            _ = try await connection.transaction { try await $0.run(Do("INSERT INTO child VALUES (9)")) }
        }
        #expect(error?.sqlState == "23503")
        #expect(try await connection.transaction { _ in 3 } == 3)
    }

    @Test func nestedTransactionIsRefusedAndTheOuterStaysWhole() async throws {
        let connection = try await withTable()
        await #expect(throws: Stop.self) {
            try await connection.transaction { connection in
                try await connection.run(Do("INSERT INTO t VALUES (1)"))
                let error = await postgresError {
                    _ = try await connection.transaction { try await $0.run(Do("INSERT INTO t VALUES (2)")) }
                }
                #expect(error?.code == .misuse)
                throw Stop()
            }
        }
        #expect(try await rows(connection) == [])
        #expect(try await connection.transaction { _ in true })
    }

    @Test func ownCommitInsideIsRefused() async throws {
        let connection = try await withTable()
        let error = await postgresError { try await connection.transaction { try await $0.runScript("COMMIT") } }
        #expect(error?.code == .misuse)
        try await connection.runScript("BEGIN")
        let open = await postgresError { try await connection.transaction { _ in } }
        #expect(open?.code == .misuse)
        try await connection.runScript("ROLLBACK")
        #expect(try await connection.transaction { _ in true })
    }

    @Test func cancelledTransactionIsRolledBack() async throws {
        let connection = try await withTable()
        for isBetweenStatements in [false, true] {
            let (ready, signal) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await connection.transaction { connection in
                    try await connection.run(Do("INSERT INTO t VALUES (1)"))
                    signal.finish()
                    if isBetweenStatements {
                        try await Task.sleep(for: .seconds(60))
                    } else {
                        _ = try await connection.run(Sleep(seconds: 60))
                    }
                }
            }
            for await _ in ready {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await rows(connection) == [])
        }
    }
}
