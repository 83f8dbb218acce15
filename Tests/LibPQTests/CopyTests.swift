import LibPQ
import TestSupport
import Testing

@Suite struct CopyTests {
    private struct Stop: Error {}
    private static let copy: SQL = "COPY t (i, label, digest, seen) FROM STDIN (FORMAT binary)"

    private func withTable() async throws -> Connection {
        let connection = try await freshConnection()
        try await connection.runScript(
            "CREATE TABLE t (i int8 PRIMARY KEY, label text, digest bytea, seen timestamptz)")
        return connection
    }

    private func chunk(_ range: Range<Int>) -> CopyRows {
        var rows = CopyRows()
        for number in range {
            rows.append(columns: 4) {
                $0.append(number)
                $0.append(number % 2 == 0 ? String?.none : "row é \(number)")
                $0.append(ByteString([UInt8(number % 256), 0]))
                $0.append(EpochMicroseconds(Int64(number)))
            }
        }
        return rows
    }

    private func count(_ connection: Connection) async throws -> Int? {
        try await connection.first(Ask<Int>("SELECT count(*) FROM t"))
    }

    @Test func hundredThousandRowsInChunks() async throws {
        let connection = try await withTable()
        var next = 0
        let taken = try await connection.copyIn(Self.copy) {
            guard next < 100_000 else { return nil }
            defer { next += 10_000 }
            return chunk(next..<(next + 10_000))
        }
        #expect(taken == 100_000)
        #expect(try await count(connection) == 100_000)
        let label = try await connection.first(
            Ask<String?>("SELECT label FROM t WHERE i = 77777 AND digest = '\\xd100'"))
        #expect(label == "row é 77777")
        #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { nil } == 0)
    }

    @Test func failingSourceAbortsAndIsReported() async throws {
        let connection = try await withTable()
        var calls = 0
        await #expect(throws: Stop.self) {
            _ = try await connection.copyIn(Self.copy) {
                calls += 1
                if calls > 3 { throw Stop() }
                return chunk((calls * 1000)..<(calls * 1000 + 1000))
            }
        }
        #expect(try await count(connection) == 0)
    }

    @Test func serverErrorInTheMiddleIsReported() async throws {
        let connection = try await withTable()
        var calls = 0
        let error = await postgresError {
            _ = try await connection.copyIn(Self.copy) {
                calls += 1
                return calls <= 50 ? chunk(0..<2000) : nil
            }
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(try await count(connection) == 0)
        let missing = await postgresError { _ = try await connection.copyIn("COPY nowhere FROM STDIN") { nil } }
        #expect(missing?.sqlState == .undefinedTable)
        let noCopy = await postgresError { _ = try await connection.copyIn("SELECT 1") { nil } }
        #expect(noCopy?.code == .misuse)
        #expect(try await count(connection) == 0)
    }

    @Test func copyInATransactionGoesWithIt() async throws {
        let connection = try await withTable()
        await #expect(throws: Stop.self) {
            try await connection.transaction { connection in
                var isDone = false
                let taken = try await connection.copyIn(Self.copy) {
                    defer { isDone = true }
                    return isDone ? nil : chunk(0..<10)
                }
                #expect(taken == 10)
                throw Stop()
            }
        }
        #expect(try await count(connection) == 0)
    }

    @Test func statementsInTheMiddleOfACopyAreMisuse() async throws {
        let connection = try await withTable()
        var isDone = false
        let taken = try await connection.copyIn(Self.copy) {
            if isDone { return nil }
            isDone = true
            let error = await postgresError { _ = try await connection.run(Ask<Int>("SELECT 1")) }
            #expect(error?.code == .misuse)
            let nested = await postgresError { _ = try await connection.copyIn(Self.copy) { nil } }
            #expect(nested?.code == .misuse)
            return chunk(0..<10)
        }
        #expect(taken == 10)
    }

    /// The server reads nothing while a trigger waits, so the cancellation has to get past a full socket.
    @Test func cancellationWhileTheServerDoesNotRead() async throws {
        let connection = try await withTable()
        try await connection.runScript(
            """
            CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_sleep(60); RETURN new; END';
            CREATE TRIGGER dawdle BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION dawdle()
            """)
        let (ready, signal) = AsyncStream.makeStream(of: Void.self)
        let rows = chunk(0..<100_000)
        let task = Task {
            try await connection.copyIn(Self.copy) {
                signal.finish()
                return rows
            }
        }
        for await _ in ready {}
        try await Task.sleep(for: .milliseconds(200))
        let elapsed = await seconds {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try await count(connection) == 0)
        #expect(elapsed < 10)
    }

    @Test func statementThatWantsCopyDataThroughRunFailsAndLeavesTheConnectionUsable() async throws {
        let connection = try await withTable()
        let error = await postgresError { try await connection.runScript("COPY t FROM STDIN") }
        #expect(error?.sqlState == .queryCanceled)
        #expect(try await count(connection) == 0)
    }
}
