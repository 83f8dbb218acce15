import CLibPQ
import Foundation
import Synchronization

/// One session with PostgreSQL. Statements of concurrent callers run one after the other.
///
/// Cancelling the calling task cancels the statement on the server and leaves the connection usable.
public final class Connection: StatementRunner {
    let mailbox: Mailbox
    let shared = Shared()

    private init(mailbox: Mailbox) { self.mailbox = mailbox }

    deinit { mailbox.send(.close) }

    /// Connects by a libpq connection string, URI or keywords; service files, several hosts, TLS and
    /// `target_session_attrs` are libpq's own.
    /// - Parameter connectTimeout: seconds per host, used where the string names none.
    /// - Throws: ``PostgresError`` of code `invalidConnectionString` or `connectionFailed`.
    public static func connect(
        to conninfo: String, applicationName: String = "tagbeat", connectTimeout: Int = 10
    ) async throws -> Connection {
        let parameters = try connectionParameters(conninfo, applicationName, connectTimeout)
        let connection = Connection(mailbox: try Mailbox())
        let (mailbox, shared) = (connection.mailbox, connection.shared)
        try await withCheckedThrowingContinuation { (ready: CheckedContinuation<Void, any Error>) in
            let thread = Thread {
                ConnectionThread.run(parameters: parameters, mailbox: mailbox, shared: shared, ready: ready)
            }
            thread.name = "libpq"
            thread.stackSize = 512 * 1024
            thread.start()
        }
        return connection
    }

    /// `dbname` expands a whole connection string, and what stands after it wins over it; defaults stand before it.
    private static func connectionParameters(
        _ conninfo: String, _ applicationName: String, _ connectTimeout: Int
    ) throws(PostgresError) -> [(String, String)] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            // libpq's own text may quote a part of the string, and that part may be the password.
            PQfreemem(message)
            throw PostgresError(
                .invalidConnectionString,
                "the connection string cannot be read; write postgresql://user:password@host:5432/database "
                    + "or host=… dbname=…")
        }
        PQconninfoFree(options)
        return [
            ("connect_timeout", String(connectTimeout)), ("fallback_application_name", applicationName),
            ("dbname", conninfo), ("client_encoding", "UTF8"),
        ]
    }

    @discardableResult
    public func run<S: Statement>(_ statement: S) async throws -> Rows<S.Row> {
        var parameters = Parameters()
        statement.bind(&parameters)
        let bound = parameters
        do {
            return try await ask { .run(.init(id: $0, sql: statement.sql, parameters: bound, reply: $1)) }
                .decode(S.self)
        } catch let error as PostgresError {
            throw error.inStatement(S.name)
        }
    }

    /// Runs trusted text of several statements, such as a migration's file.
    public func runScript(_ text: String) async throws {
        _ = try await ask { .script(id: $0, text: text, $1) }
    }

    /// Like ``runScript(_:)``, for what must happen although the task is cancelled: ROLLBACK.
    func runDespiteCancellation(_ text: String) async throws {
        let id = mailbox.nextID()
        _ = try await withCheckedThrowingContinuation { mailbox.send(.script(id: id, text: text, $0)) }
    }

    func ask(_ command: (UInt64, Reply<ResultSet>) -> Command) async throws -> ResultSet {
        let id = mailbox.nextID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { mailbox.send(command(id, $0)) }
        } onCancel: {
            mailbox.cancel(id)
        }
    }

    /// Ends the session; what still runs fails with code `closed`.
    public func close() { mailbox.send(.close) }

    /// False once the server went away or the connection was closed.
    public var isOpen: Bool { mailbox.failure == nil }

    var isIdle: Bool { shared.transactionStatus == PQTRANS_IDLE }

    /// What the connection's thread tells the tasks besides replies.
    final class Shared: Sendable {
        private struct State {
            var transactionStatus = PQTRANS_IDLE
            var listener: AsyncStream<Notification>.Continuation?
        }
        private let state = Mutex(State())

        var transactionStatus: PGTransactionStatusType { state.withLock { $0.transactionStatus } }
        func setTransactionStatus(_ status: PGTransactionStatusType) {
            state.withLock { $0.transactionStatus = status }
        }
        func listen(_ listener: AsyncStream<Notification>.Continuation) { state.withLock { $0.listener = listener } }
        func deliver(_ notification: Notification) { _ = state.withLock { $0.listener }?.yield(notification) }
        func ended() { state.withLock { $0.listener }?.finish() }
    }
}
