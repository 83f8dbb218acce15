import CLibPQ

/// A result copied out of libpq on the connection's own thread: no libpq pointer leaves this room.
@usableFromInline struct ResultSet: Sendable {
    @usableFromInline struct Column: Sendable {
        @usableFromInline let name: String
        @usableFromInline let type: PostgresType
    }

    @usableFromInline var columns: [Column] = []
    /// Row-major; a length of −1 is NULL.
    @usableFromInline var cells: [(offset: Int, length: Int32)] = []
    @usableFromInline var bytes: [UInt8] = []
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
        // Nearly half of what libpq holds is where each value lies.
        bytes.reserveCapacity(PQresultMemorySize(result) / 2)
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
        var decoder = RowDecoder(result: self)
        for _ in 0..<rowCount {
            do { rows.append(try S.decode(&decoder)) } catch { throw error.inStatement(S.name) }
            decoder.nextRow()
        }
        return Rows(rows: rows, affected: affected)
    }
}

/// Reads one row's columns in the order in which the statement selects them.
///
/// Inlined into the rooms that know the types: a generic call for each of a thousand rows' columns took longer than the
/// server needed to send them.
public struct RowDecoder {
    @usableFromInline let result: ResultSet
    /// The row's first cell.
    @usableFromInline var start = 0
    @usableFromInline var column = 0

    init(result: ResultSet) { self.result = result }

    mutating func nextRow() {
        start += result.columns.count
        column = 0
    }

    /// The next column's value; an optional type takes NULL as nil.
    /// - Throws: ``PostgresError`` of code `decoding`, naming the column, its PostgreSQL type and the wanted type.
    @inlinable public mutating func next<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        let index = column
        guard index < result.columns.count else { throw noSuchColumn() }
        column += 1
        let cell = result.cells[start + index]
        let postgresType = result.columns[index].type
        guard Value.accepts(postgresType) else { throw mismatch(postgresType, Value.self) }
        guard cell.length >= 0 else {
            if let null = Value.decodeNull() { return null }
            throw unexpectedNull(Value.self)
        }
        let value = result.bytes.withUnsafeBytes {
            Value.decode(
                UnsafeRawBufferPointer(rebasing: $0[cell.offset..<(cell.offset + Int(cell.length))]), type: postgresType
            )
        }
        guard let value else { throw invalid(postgresType, Value.self) }
        return value
    }

    @usableFromInline func noSuchColumn() -> PostgresError {
        PostgresError(.decoding, "column \(column + 1) was asked for, but only \(column) are there")
    }

    @usableFromInline func mismatch(_ type: PostgresType, _ wanted: Any.Type) -> PostgresError {
        failure("is \(type), which cannot be read as \(wanted)")
    }

    @usableFromInline func unexpectedNull(_ wanted: Any.Type) -> PostgresError {
        failure("is NULL, where \(wanted) was expected")
    }

    @usableFromInline func invalid(_ type: PostgresType, _ wanted: Any.Type) -> PostgresError {
        failure("holds a \(type) that is not a valid \(wanted)")
    }

    /// An error about the column that was read last.
    public func failure(_ what: String) -> PostgresError {
        let index = column - 1
        guard result.columns.indices.contains(index) else { return PostgresError(.decoding, "the row \(what)") }
        return PostgresError(.decoding, "column \(column) “\(result.columns[index].name)” \(what)")
    }
}
