/// SQL that was written down in the program: it can be made from literals only, so no value is ever pasted into it.
public struct SQL: Sendable, Hashable, ExpressibleByStringLiteral {
    public let text: String

    public init(stringLiteral value: StaticString) { text = value.description }
    private init(text: String) { self.text = text }

    public static func + (left: SQL, right: SQL) -> SQL { SQL(text: left.text + right.text) }
}

/// One SQL statement with its bindings and the decoding of its rows, together in one type.
///
/// `Row` is `Never` for a statement that answers no rows.
public protocol Statement: Sendable {
    associatedtype Row: Sendable
    static var sql: SQL { get }
    /// The text to run; differs from the static one only where a statement comes in variants, such as sort orders.
    var sql: SQL { get }
    /// Prepared once per connection, unless it comes in so many forms that a session should not keep them all, or its best
    /// plan depends on its values.
    var isPrepared: Bool { get }
    func bind(_ parameters: inout Parameters)
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row
}

extension Statement {
    public var sql: SQL { Self.sql }
    public var isPrepared: Bool { true }
    public func bind(_ parameters: inout Parameters) {}
    static var name: String { String(describing: Self.self) }
}

extension Statement where Row == Never {
    public static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Never {
        throw PostgresError(.decoding, "rows came from a statement that should answer none")
    }
}

/// A statement's parameters in PostgreSQL's binary format, in the order of `$1`, `$2`, …. Inlined as ``RowDecoder``.
public struct Parameters: Sendable {
    @usableFromInline var types: [UInt32] = []
    /// Per parameter the offset and length in `bytes`; a length of −1 is NULL.
    @usableFromInline var cells: [(offset: Int, length: Int)] = []
    @usableFromInline var bytes: [UInt8] = []

    public init() {}

    @inlinable public mutating func append<Value: PostgresEncodable>(_ value: Value) {
        types.append(Value.postgresType.rawValue)
        guard !value.isNull else { return cells.append((0, -1)) }
        let start = bytes.count
        value.encode(into: &bytes)
        cells.append((start, bytes.count - start))
    }
}

/// Anything that runs statements: a connection, a transaction's connection, a pool.
public protocol StatementRunner: Sendable {
    @discardableResult
    func run<S: Statement>(_ statement: S) async throws -> Rows<S.Row>
}

extension StatementRunner {
    /// The first row, or nil where there is none.
    public func first<S: Statement>(_ statement: S) async throws -> S.Row? { try await run(statement).rows.first }
}

/// The decoded rows of a statement and how many rows it touched.
public struct Rows<Row: Sendable>: Sendable {
    public let rows: [Row]
    /// PostgreSQL's command tag count: rows selected, inserted, updated or deleted.
    public let affected: Int
}
