import LibPQ
import TestSupport

/// A statement that answers its first column.
struct Ask<Row: PostgresDecodable>: Statement {
    static var sql: SQL { "" }
    let sql: SQL
    let values: [any PostgresEncodable]

    init(_ sql: SQL, _ values: any PostgresEncodable..., row: Row.Type = Row.self) {
        self.sql = sql
        self.values = values
    }

    func bind(_ parameters: inout Parameters) {
        for value in values { parameters.append(value) }
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row { try row.next() }
}

/// A statement without rows.
struct Do: Statement {
    typealias Row = Never
    static var sql: SQL { "" }
    let sql: SQL
    let values: [any PostgresEncodable]

    init(_ sql: SQL, _ values: any PostgresEncodable...) {
        self.sql = sql
        self.values = values
    }

    func bind(_ parameters: inout Parameters) {
        for value in values { parameters.append(value) }
    }
}

/// `pg_sleep`, answering the given number afterwards.
struct Sleep: Statement {
    static let sql: SQL = "SELECT $1 FROM pg_sleep($2)"
    let seconds: Double
    var answer = 0

    func bind(_ parameters: inout Parameters) {
        parameters.append(answer)
        parameters.append(seconds)
    }

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int { try row.next() }
}

func freshConnection() async throws -> Connection {
    try await Connection.connect(to: PostgresServer.shared().makeDatabase())
}

/// Waits until `condition` holds, for `seconds` at most.
func eventually(within seconds: Double = 10, _ condition: () async throws -> Bool) async throws -> Bool {
    let start = ContinuousClock.now
    while (ContinuousClock.now - start) / .seconds(1) < seconds {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}

func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
}

/// The error that `body` throws, if it is PostgreSQL's.
func postgresError(_ body: () async throws -> Void) async -> PostgresError? {
    do { try await body() } catch { return error as? PostgresError }
    return nil
}
