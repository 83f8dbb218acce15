/// Rows in PostgreSQL's binary COPY format, gathered into chunks.
///
/// Source: https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
public struct CopyRows: Sendable {
    public private(set) var bytes: [UInt8] = []
    public private(set) var count = 0

    public init() {}

    /// Appends one row; `fields` must append exactly `columns` values.
    public mutating func append(columns: Int16, _ fields: (inout Fields) -> Void) {
        columns.appendBigEndian(to: &bytes)
        var row = Fields(bytes: bytes)
        bytes = []
        fields(&row)
        bytes = row.bytes
        count += 1
    }

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    public struct Fields {
        fileprivate var bytes: [UInt8]
        public mutating func append<Value: PostgresEncodable>(_ value: Value) { appendCell(value, to: &bytes) }
    }

    fileprivate static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    fileprivate static let trailer: [UInt8] = [0xFF, 0xFF]
}

extension Connection {
    /// `COPY … FROM STDIN (FORMAT binary)`, fed by `next` until it answers nil; each chunk waits for the one before it,
    /// so memory stays bounded by one chunk.
    /// - Returns: the number of rows that the server took.
    /// - Throws: what `next` threw, after the COPY was aborted, or the server's error.
    public func copyIn(
        _ sql: SQL, isolation: isolated (any Actor)? = #isolation, next: () async throws -> CopyRows?
    ) async throws -> Int {
        _ = try await ask(.beginCopy(sql.text))
        do {
            try await put(CopyRows.header)
            while let rows = try await next() { try await put(rows.bytes) }
            try await put(CopyRows.trailer)
        } catch {
            _ = try? await end(failure: "the source of the rows failed")
            throw error
        }
        return try await end(failure: nil).affected
    }

    private func put(_ bytes: [UInt8]) async throws {
        _ = try await ask(.copyData(bytes))
    }

    private func end(failure: String?) async throws -> ResultSet {
        try await ask(.endCopy(failure: failure))
    }
}
