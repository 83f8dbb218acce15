import LibPQ
import TestSupport
import Testing

@Suite struct StatementTests {
    @Test func decodingErrorsNameStatementColumnAndTypes() async throws {
        struct Mismatch: Statement {
            static let sql: SQL = "SELECT 1::int8 AS id, 'secret'::text AS label"
            static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int {
                _ = try row.next(Int.self)
                return try row.next()
            }
        }
        let connection = try await freshConnection()
        let error = await postgresError { _ = try await connection.run(Mismatch()) }
        #expect(error?.code == .decoding)
        #expect(error?.description == "Mismatch: column 2 “label” is text, which cannot be read as Int")
        let null = await postgresError { _ = try await connection.run(Ask<String>("SELECT NULL::text AS gone")) }
        #expect(null?.description == "Ask<String>: column 1 “gone” is NULL, where String was expected")
        let narrow = await postgresError { _ = try await connection.run(Ask<Int16>("SELECT 1::int8 AS wide")) }
        #expect(narrow?.description == "Ask<Int16>: column 1 “wide” is bigint, which cannot be read as Int16")
        let unasked = await postgresError { _ = try await connection.run(Do("SELECT 1")) }
        #expect(unasked?.code == .decoding)
        struct Greedy: Statement {
            static let sql: SQL = "SELECT 1"
            static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 {
                _ = try row.next(Int32.self)
                return try row.next()
            }
        }
        let missing = await postgresError { _ = try await connection.run(Greedy()) }
        #expect(missing?.description == "Greedy: column 2 was asked for, but only 1 are there")
        #expect(try await connection.first(Ask<Int>("SELECT 5")) == 5)
    }

    @Test func serverErrorsBearTheirSQLState() async throws {
        let connection = try await freshConnection()
        try await connection.runScript("CREATE TABLE once (id int8 PRIMARY KEY, label text)")
        let insert = Do("INSERT INTO once VALUES ($1, $2)", 7, "private")
        #expect(try await connection.run(insert).affected == 1)
        let double = await postgresError { _ = try await connection.run(insert) }
        #expect(double?.code == .server)
        #expect(double?.sqlState == .uniqueViolation)
        #expect(double?.description.contains("once_pkey") == true)
        #expect(double?.debugDescription.contains("(id)=(7)") == true)
        #expect(double?.description.contains("(7)") == false)
        let cases: [(SQL, SQLState)] = [
            ("SELEC 1", "42601"), ("SELECT * FROM nowhere", .undefinedTable), ("SELECT 1/0", "22012"),
            ("SELECT 'hunter2'::int8", "22P02"), ("SELECT nothing()", "42883"),
        ]
        for (sql, state) in cases {
            let error = await postgresError { _ = try await connection.run(Ask<Int>(sql)) }
            #expect(error?.sqlState == state)
            for secret in ["SELEC", "hunter2", "private"] {
                #expect(error?.description.contains(secret) == false)
            }
        }
        #expect(try await connection.first(Ask<Int>("SELECT 5")) == 5)
    }

    @Test func emptyAndRowlessResults() async throws {
        let connection = try await freshConnection()
        #expect(try await connection.run(Ask<Int>("SELECT 1::int8 WHERE false")).rows == [])
        #expect(try await connection.first(Ask<Int>("SELECT 1::int8 WHERE false")) == nil)
        try await connection.runScript("")
        try await connection.runScript("CREATE TABLE t (i int8); INSERT INTO t SELECT generate_series(1, 10)")
        #expect(try await connection.run(Do("UPDATE t SET i = i + 1 WHERE i > $1", 4)).affected == 6)
        #expect(try await connection.run(Do("DELETE FROM t")).affected == 10)
        let error = await postgresError { try await connection.runScript("SELECT 1; SELECT broken; SELECT 2") }
        #expect(error?.sqlState == "42703")
        #expect(try await connection.first(Ask<Int>("SELECT 5")) == 5)
    }

    /// What comes in many forms would fill the server's memory.
    @Test func onlyWhatIsToBePreparedIs() async throws {
        struct Once: Statement {
            static let sql: SQL = "SELECT $1::int4"
            var isPrepared: Bool { false }
            func bind(_ parameters: inout Parameters) { parameters.append(Int32(7)) }
            static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
        }
        let connection = try await freshConnection()
        #expect(try await connection.first(Once()) == 7)
        #expect(try await connection.first(Once()) == 7)
        let names = Ask<String>("SELECT statement FROM pg_prepared_statements")
        #expect(try await connection.run(names).rows == ["SELECT statement FROM pg_prepared_statements"])
    }

    @Test func sameTextWithOtherParameterTypesIsAnotherStatement() async throws {
        let connection = try await freshConnection()
        #expect(try await connection.first(Ask<Int32>("SELECT $1", Int32(3))) == 3)
        #expect(try await connection.first(Ask<String>("SELECT $1", "three")) == "three")
        #expect(try await connection.first(Ask<Int32>("SELECT $1", Int32(4))) == 4)
    }

    @Test func preparedStatementsSurviveAlterTable() async throws {
        struct Everything: Statement {
            static let sql: SQL = "SELECT * FROM changing"
            static func decode(_ row: inout RowDecoder) throws(PostgresError) -> String { try row.next() }
        }
        let connection = try await freshConnection()
        try await connection.runScript("CREATE TABLE changing (a text); INSERT INTO changing VALUES ('x')")
        #expect(try await connection.first(Everything()) == "x")
        try await connection.runScript("ALTER TABLE changing ADD COLUMN b int8")
        #expect(try await connection.first(Everything()) == "x")
        try await connection.runScript("ALTER TABLE changing DROP COLUMN b")
        // Within a transaction nothing can be repeated: it fails once, and works from then on.
        let error = await postgresError {
            try await connection.transaction { _ = try await $0.first(Everything()) }
        }
        #expect(error?.sqlState == .featureNotSupported)
        #expect(try await connection.transaction { try await $0.first(Everything()) } == "x")
        try await connection.runScript("DEALLOCATE ALL")
        #expect(try await connection.first(Everything()) == "x")
    }

    @Test func bigAnswersAndBigParameters() async throws {
        let connection = try await freshConnection()
        let big = ByteString([UInt8](repeating: 0xAB, count: 20_000_000))
        #expect(try await connection.first(Ask<ByteString>("SELECT $1", big)) == big)
        let many = try await connection.run(Ask<Int32>("SELECT generate_series(1, 200000)")).rows
        #expect(many.count == 200_000 && many.last == 200_000)
    }

    @Test func concurrentCallersOfOneConnectionGetTheirOwnAnswers() async throws {
        let connection = try await freshConnection()
        try await withThrowingTaskGroup { group in
            for number in 0..<500 {
                group.addTask {
                    let answer = try await connection.first(Ask<Int>("SELECT $1", number))
                    #expect(answer == number)
                }
            }
            try await group.waitForAll()
        }
    }
}
