import LibPQ

/// What was ever done, for those who keep the numbers of each minute themselves. Counted since the first day.
public struct StoreTotals: Sendable {
    public let checks: [CheckOutcome: Int]
    /// Time spent on checks, in seconds, summed over concurrent ones.
    public let checkSeconds: Double
    public let requests: [RequestKind: Int]
    /// Of the database, in bytes.
    public let databaseSize: Int
}

extension TagStore {
    public func totals() async throws -> StoreTotals {
        try await pool.withConnection { connection in
            guard let checks = try await connection.run(SelectTotals()).rows.first else {
                return StoreTotals(checks: [:], checkSeconds: 0, requests: [:], databaseSize: 0)
            }
            let requests = try await connection.run(SelectRequestTotals()).rows
            return StoreTotals(
                checks: checks.checks, checkSeconds: checks.seconds,
                requests: Dictionary(requests.map { ($0.kind, $0.count) }, uniquingKeysWith: +),
                databaseSize: checks.databaseSize)
        }
    }
}

/// A row per registry and hour, by the day after some time: few, however many checks they count.
struct SelectTotals: Statement {
    struct Row: Sendable {
        let checks: [CheckOutcome: Int]
        let seconds: Double
        let databaseSize: Int
    }
    static let sql: SQL = """
        SELECT COALESCE(sum(unchanged), 0)::bigint, COALESCE(sum(changed), 0)::bigint,
            COALESCE(sum(missing), 0)::bigint, COALESCE(sum(failed), 0)::bigint, COALESCE(sum(seconds), 0),
            pg_database_size(current_database())
        FROM check_counts
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        var checks: [CheckOutcome: Int] = [:]
        for outcome in [CheckOutcome.unchanged, .changed, .missing, .failed] { checks[outcome] = try row.next() }
        return Row(checks: checks, seconds: try row.next(), databaseSize: try row.next())
    }
}

struct SelectRequestTotals: Statement {
    static let sql: SQL = "SELECT purpose, sum(requests)::bigint FROM request_counts GROUP BY purpose"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (kind: RequestKind, count: Int) {
        let number: Int16 = try row.next()
        guard let kind = RequestKind(rawValue: number) else { throw row.failure("is no purpose of requests") }
        return (kind, try row.next())
    }
}
