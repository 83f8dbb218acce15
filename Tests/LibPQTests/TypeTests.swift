import LibPQ
import TestSupport
import Testing

@Suite struct TypeTests {
    /// Sends each value, takes it back, and asks the server whether it read what its own literal says.
    private func check<Value: PostgresCodable & Equatable>(
        _ type: SQL, _ cases: [(value: Value, literal: String)], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let connection = try await freshConnection()
        for (value, literal) in cases {
            let back = try await connection.first(Ask<Value>("SELECT $1", value))
            #expect(back == value, sourceLocation: sourceLocation)
            let isSame = try await connection.first(
                Ask<Bool>("SELECT $1 IS NOT DISTINCT FROM $2::" + type, value, literal))
            #expect(isSame == true, "\(value) is not \(literal)", sourceLocation: sourceLocation)
            let read = try await connection.first(Ask<Value>("SELECT $1::" + type, literal))
            #expect(read == value, sourceLocation: sourceLocation)
        }
        connection.close()
    }

    @Test func integers() async throws {
        try await check("int2", [(Int16.min, "-32768"), (0, "0"), (-1, "-1"), (.max, "32767")])
        try await check("int4", [(Int32.min, "-2147483648"), (0, "0"), (-1, "-1"), (.max, "2147483647")])
        try await check("int8", [(Int64.min, "-9223372036854775808"), (0, "0"), (.max, "9223372036854775807")])
        try await check("int8", [(Int.min, "-9223372036854775808"), (-1, "-1"), (.max, "9223372036854775807")])
    }

    @Test func narrowColumnsAreReadAsWiderIntegers() async throws {
        let connection = try await freshConnection()
        #expect(try await connection.first(Ask<Int>("SELECT -7::int2")) == -7)
        #expect(try await connection.first(Ask<Int>("SELECT -7::int4")) == -7)
        #expect(try await connection.first(Ask<Int32>("SELECT -7::int2")) == -7)
        #expect(try await connection.first(Ask<Int64>("SELECT -7::int4")) == -7)
        #expect(try await connection.first(Ask<Double>("SELECT 1.5::float4")) == 1.5)
    }

    @Test func text() async throws {
        try await check(
            "text",
            [
                ("", ""), ("plain", "plain"), ("it's \"quoted\" \\ $1", "it's \"quoted\" \\ $1"),
                ("Grüße, 日本語, 👩‍👩‍👧‍👦, e\u{301}", "Grüße, 日本語, 👩‍👩‍👧‍👦, e\u{301}"),
                ("a\nb\tc\u{1}", "a\nb\tc\u{1}"),
                (String(repeating: "x", count: 300_000), String(repeating: "x", count: 300_000)),
            ])
        let connection = try await freshConnection()
        for sql: SQL in ["SELECT 'é'::varchar(3)", "SELECT 'é'::name", "SELECT 'é'"] {
            #expect(try await connection.first(Ask<String>(sql)) == "é")
        }
        let error = await postgresError { _ = try await connection.run(Ask<String>("SELECT $1", "a\u{0}b")) }
        #expect(error?.sqlState == "22021")
    }

    @Test func bytes() async throws {
        let all = (0...255).map { UInt8($0) }
        let hexadecimal = all.map { byte in ["", "0"][byte < 16 ? 1 : 0] + String(byte, radix: 16) }.joined()
        try await check(
            "bytea",
            [
                (ByteString([]), "\\x"), (ByteString([0]), "\\x00"), (ByteString([0, 0, 255, 0]), "\\x0000ff00"),
                (ByteString(all), "\\x" + hexadecimal),
            ])
    }

    @Test func booleans() async throws { try await check("bool", [(true, "true"), (false, "false")]) }

    @Test func floatingPoint() async throws {
        try await check(
            "float8",
            [
                (0.0, "0"), (-0.1, "-0.1"), (.infinity, "Infinity"), (-.infinity, "-Infinity"),
                (.greatestFiniteMagnitude, "1.7976931348623157e308"),
                (.leastNonzeroMagnitude, "4.9406564584124654e-324"),
            ])
        try await check("float4", [(Float(1.5), "1.5"), (-.infinity, "-Infinity")])
        let connection = try await freshConnection()
        #expect(try await connection.first(Ask<Double>("SELECT $1", Double.nan))?.isNaN == true)
    }

    @Test func times() async throws {
        try await check(
            "timestamptz",
            [
                (EpochMicroseconds(0), "1970-01-01T00:00:00Z"), (EpochMicroseconds(1), "1970-01-01T00:00:00.000001Z"),
                (EpochMicroseconds(-1), "1969-12-31T23:59:59.999999Z"),
                (EpochMicroseconds(946_684_799_999_999), "1999-12-31T23:59:59.999999Z"),
                (EpochMicroseconds(946_684_800_000_000), "2000-01-01T00:00:00Z"),
                (EpochMicroseconds(1_769_860_800_123_456), "2026-01-31T13:00:00.123456+01:00"),
                (EpochMicroseconds(-62_135_596_800_000_000), "0001-01-01T00:00:00Z"),
            ])
    }

    @Test func timesOutOfRangeAreErrorsAndNeverACrash() async throws {
        let connection = try await freshConnection()
        for value: Int64 in [.min, .min + 1, .max] {
            let error = await postgresError {
                _ = try await connection.run(Ask<Bool>("SELECT $1 IS NULL", EpochMicroseconds(value)))
            }
            #expect(value == .max || error?.sqlState == "22008")
        }
        for sql: SQL in [
            "SELECT 'infinity'::timestamptz", "SELECT '-infinity'::timestamptz",
            "SELECT '294276-12-31 23:59:59'::timestamptz",
        ] {
            let error = await postgresError { _ = try await connection.run(Ask<EpochMicroseconds>(sql)) }
            #expect(error?.code == .decoding)
        }
    }

    @Test func json() async throws {
        let connection = try await freshConnection()
        let text = #"{"a": [1, null, "é👋"]}"#
        #expect(try await connection.first(Ask<JSONText>("SELECT $1", JSONText(text)))?.text == text)
        #expect(try await connection.first(Ask<String>("SELECT $1::jsonb -> 'a' ->> 2", JSONText(text))) == "é👋")
        #expect(try await connection.first(Ask<JSONText>("SELECT '{ }'::json"))?.text == "{ }")
        #expect(try await connection.first(Ask<String>("SELECT '[1,2]'::jsonb")) == "[1, 2]")
        let error = await postgresError { _ = try await connection.run(Ask<JSONText>("SELECT $1", JSONText("{"))) }
        #expect(error?.sqlState == "22P02")
    }

    @Test func nulls() async throws {
        let connection = try await freshConnection()
        #expect(try await connection.run(Ask<Int?>("SELECT $1", Int?.none)).rows == [nil])
        #expect(try await connection.run(Ask<Int?>("SELECT $1", Int?.some(3))).rows == [3])
        #expect(try await connection.run(Ask<String?>("SELECT $1", String?.some(""))).rows == [""])
        #expect(try await connection.run(Ask<ByteString?>("SELECT $1", ByteString?.none)).rows == [nil])
        #expect(try await connection.run(Ask<[Int]?>("SELECT $1", [Int]?.none)).rows == [nil])
        #expect(try await connection.run(Ask<Bool>("SELECT $1 IS NULL", EpochMicroseconds?.none)).rows == [true])
    }
}
