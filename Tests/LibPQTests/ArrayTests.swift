import LibPQ
import TestSupport
import Testing

@Suite struct ArrayTests {
    private func check<Value: PostgresCodable & Equatable>(
        _ values: [Value], _ literal: String, _ type: SQL, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let connection = try await freshConnection()
        let back = try await connection.first(Ask<[Value]>("SELECT $1", values))
        #expect(back == values, sourceLocation: sourceLocation)
        let isSame = try await connection.first(Ask<Bool>("SELECT $1 = $2::" + type, values, literal))
        #expect(isSame == true, sourceLocation: sourceLocation)
        let read = try await connection.first(Ask<[Value]>("SELECT $1::" + type, literal))
        #expect(read == values, sourceLocation: sourceLocation)
        connection.close()
    }

    @Test func roundTrips() async throws {
        try await check([Int16](), "{}", "int2[]")
        try await check([Int16.min, 7], "{-32768,7}", "int2[]")
        try await check([Int32.min, 7], "{-2147483648,7}", "int4[]")
        try await check([1, -2, 3], "{1,-2,3}", "int8[]")
        try await check(["", "a,b", "\"q\"", "NULL", "é👋"], #"{"","a,b","\"q\"","NULL",é👋}"#, "text[]")
        try await check([ByteString([]), ByteString([0, 255])], #"{"","\\x00ff"}"#, "bytea[]")
        try await check(
            [EpochMicroseconds(-1), EpochMicroseconds(0)], "{1969-12-31T23:59:59.999999Z,1970-01-01T00:00:00Z}",
            "timestamptz[]")
        try await check([true, false], "{t,f}", "bool[]")
        try await check(
            [RowPlace(page: 0, item: 1), RowPlace(page: .max, item: .max)], #"{"(0,1)","(4294967295,65535)"}"#, "tid[]")
        try await check([1.5, -.infinity], "{1.5,-Infinity}", "float8[]")
        try await check([JSONText("{}"), JSONText("[1]")], #"{"{}","[1]"}"#, "jsonb[]")
    }

    @Test func nullElements() async throws {
        try await check([Int?.none, 2, nil], "{NULL,2,NULL}", "int8[]")
        try await check([String?.none, "", "NULL"], #"{NULL,"","NULL"}"#, "text[]")
        try await check([ByteString?.none, ByteString([])], #"{NULL,""}"#, "bytea[]")
        try await check([EpochMicroseconds?.none], "{NULL}", "timestamptz[]")
    }

    @Test func whatIsNoPlainArrayIsADecodingError() async throws {
        let connection = try await freshConnection()
        let cases: [(SQL, String)] = [
            ("SELECT ARRAY[1, NULL] AS a", "“a”"), ("SELECT ARRAY[[1], [2]] AS b", "“b”"), ("SELECT 1 AS c", "“c”"),
            ("SELECT ARRAY['x'] AS d", "“d”"), ("SELECT ARRAY[1.5] AS e", "“e”"),
        ]
        for (sql, column) in cases {
            let error = await postgresError { _ = try await connection.run(Ask<[Int]>(sql)) }
            #expect(error?.code == .decoding)
            #expect(error?.description.contains(column) == true)
        }
    }

    @Test func unnestWritesBatchesOfTenThousand() async throws {
        struct Row: Equatable {
            let id: Int
            let name: String?
            let digest: ByteString
            let seen: EpochMicroseconds
        }
        let rows = (0..<10_000).map {
            Row(
                id: $0, name: $0 % 3 == 0 ? nil : "row \($0)", digest: ByteString([UInt8($0 % 256), 0]),
                seen: EpochMicroseconds(Int64($0) - 5000))
        }
        let connection = try await freshConnection()
        try await connection.runScript(
            "CREATE TABLE batch (id int8 PRIMARY KEY, name text, digest bytea, seen timestamptz)")
        let insert = Do(
            "INSERT INTO batch SELECT * FROM unnest($1, $2, $3, $4)", rows.map(\.id), rows.map(\.name),
            rows.map(\.digest), rows.map(\.seen))
        #expect(try await connection.run(insert).affected == 10_000)
        struct All: Statement {
            static let sql: SQL = "SELECT id, name, digest, seen FROM batch ORDER BY id"
            static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
                Row(id: try row.next(), name: try row.next(), digest: try row.next(), seen: try row.next())
            }
        }
        #expect(try await connection.run(All()).rows == rows)
    }
}
