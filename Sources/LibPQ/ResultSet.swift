import CLibPQ

/// A result copied out of libpq on the connection's own thread: no libpq pointer leaves this room.
struct ResultSet: Sendable {
    struct Column: Sendable {
        let name: String
        let type: PostgresType
    }

    var columns: [Column] = []
    /// Row-major; a length of −1 is NULL.
    var cells: [(offset: Int, length: Int32)] = []
    var bytes: [UInt8] = []
    var affected = 0

    var rowCount: Int { columns.isEmpty ? 0 : cells.count / columns.count }

    init() {}

    init(copying result: OpaquePointer) {
        let rows = PQntuples(result)
        let fields = PQnfields(result)
        affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        columns = (0..<fields).map {
            Column(
                name: PQfname(result, $0).map { String(cString: $0) } ?? "",
                type: PostgresType(rawValue: PQftype(result, $0)))
        }
        cells.reserveCapacity(Int(rows) * Int(fields))
        for row in 0..<rows {
            for field in 0..<fields {
                if PQgetisnull(result, row, field) == 1 {
                    cells.append((bytes.count, -1))
                    continue
                }
                let length = PQgetlength(result, row, field)
                cells.append((bytes.count, length))
                if length > 0, let value = PQgetvalue(result, row, field) {
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
                }
            }
        }
    }

    func decode<S: Statement>(_ statement: S.Type) throws(PostgresError) -> Rows<S.Row> {
        var rows: [S.Row] = []
        rows.reserveCapacity(rowCount)
        for index in 0..<rowCount {
            var decoder = RowDecoder(result: self, row: index)
            do { rows.append(try S.decode(&decoder)) } catch { throw error.inStatement(S.name) }
        }
        return Rows(rows: rows, affected: affected)
    }
}

/// Reads one row's columns in the order in which the statement selects them.
public struct RowDecoder {
    let result: ResultSet
    let row: Int
    var column = 0

    init(result: ResultSet, row: Int) {
        self.result = result
        self.row = row
    }

    /// The next column's value; an optional type takes NULL as nil.
    /// - Throws: ``PostgresError`` of code `decoding`, naming the column, its PostgreSQL type and the wanted type.
    public mutating func next<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws(PostgresError) -> Value
    {
        let index = column
        guard index < result.columns.count else {
            throw PostgresError(.decoding, "column \(index + 1) was asked for, but only \(index) are there")
        }
        column += 1
        let cell = result.cells[row * result.columns.count + index]
        let postgresType = result.columns[index].type
        guard Value.accepts(postgresType) else {
            throw failure("is \(postgresType), which cannot be read as \(Value.self)")
        }
        guard cell.length >= 0 else {
            if let null = Value.decodeNull() { return null }
            throw failure("is NULL, where \(Value.self) was expected")
        }
        let value = result.bytes.withUnsafeBytes {
            Value.decode(
                UnsafeRawBufferPointer(rebasing: $0[cell.offset..<(cell.offset + Int(cell.length))]), type: postgresType
            )
        }
        guard let value else { throw failure("holds a \(postgresType) that is not a valid \(Value.self)") }
        return value
    }

    /// An error about the column that was read last.
    public func failure(_ what: String) -> PostgresError {
        let index = column - 1
        guard result.columns.indices.contains(index) else { return PostgresError(.decoding, "the row \(what)") }
        return PostgresError(.decoding, "column \(column) “\(result.columns[index].name)” \(what)")
    }
}
