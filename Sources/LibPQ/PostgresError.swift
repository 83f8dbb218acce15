/// What went wrong between Tagbeat and PostgreSQL.
///
/// `description` may be shown to anyone: it holds neither connection string nor SQL nor row values.
/// `debugDescription` adds the server's detail and is for the operator's log.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The connection string itself cannot be read.
        case invalidConnectionString
        /// No connection could be made.
        case connectionFailed
        /// The connection went away; whether a running statement took effect is unknown.
        case connectionLost
        /// The server refused or aborted a statement; see ``PostgresError/sqlState``.
        case server
        /// A column's type or value is not what the statement's decoder asked for.
        case decoding
        /// The pool was closed.
        case closed
        /// The connection is not in the state that the call needs, for example in the middle of a COPY.
        case misuse
    }

    public let code: Code
    public let sqlState: SQLState?
    /// Safe to show to anyone.
    public let message: String
    /// For the operator's log only.
    public let detail: String?
    /// The name of the ``Statement`` type, where one was running.
    public var statement: String?

    public init(
        _ code: Code, _ message: String, sqlState: SQLState? = nil, detail: String? = nil, statement: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
        self.statement = statement
    }

    public var description: String {
        let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return statement.map { "\($0): \(message)\(state)" } ?? "\(message)\(state)"
    }

    public var debugDescription: String { detail.map { "\(description): \($0)" } ?? description }

    /// The connection that threw this is of no use any more.
    public var isConnectionError: Bool { code == .connectionFailed || code == .connectionLost }

    func inStatement(_ name: String) -> PostgresError {
        var copy = self
        copy.statement = statement ?? name
        return copy
    }
}
