/// A five-character SQLSTATE, PostgreSQL's stable error code.
///
/// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
public struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    public var description: String { rawValue }

    public static let uniqueViolation: SQLState = "23505"
    public static let queryCanceled: SQLState = "57014"
    public static let deadlockDetected: SQLState = "40P01"
    public static let serializationFailure: SQLState = "40001"
    public static let undefinedTable: SQLState = "42P01"
    public static let featureNotSupported: SQLState = "0A000"
    public static let invalidStatementName: SQLState = "26000"
    public static let diskFull: SQLState = "53100"

    /// The server said that the transaction may simply be tried again.
    public var isRetryable: Bool { self == .deadlockDetected || self == .serializationFailure }
}
