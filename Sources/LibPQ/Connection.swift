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

    deinit { close() }

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
        let thread = Thread { ConnectionThread.run(parameters: parameters, mailbox: mailbox, shared: shared) }
        thread.name = "libpq"
        thread.stackSize = 512 * 1024
        thread.start()
        // A cancelled task goes on at once; the thread gives up what it then has, because nobody holds the connection.
        _ = try await connection.ask(.connected)
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
        defer { PQconninfoFree(options) }
        var parameters = [("fallback_application_name", applicationName)]
        // Parameters given here win over a service file's, so its author decides alone where there is one.
        if !names("service", in: options), getenv("PGSERVICE") == nil {
            if getenv("PGCONNECT_TIMEOUT") == nil { parameters.append(("connect_timeout", String(connectTimeout))) }
            // A server that vanished without a word is noticed in a minute, not in the system's two hours.
            parameters += [("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3")]
        }
        return parameters + [("dbname", conninfo), ("client_encoding", "UTF8")]
    }

    private static func names(_ keyword: String, in options: UnsafePointer<PQconninfoOption>) -> Bool {
        var option = options
        while let name = option.pointee.keyword {
            if option.pointee.val != nil, String(cString: name) == keyword { return true }
            option += 1
        }
        return false
    }

    @discardableResult
    public func run<S: Statement>(_ statement: S) async throws -> Rows<S.Row> {
        try await ask(statement) { .run(sql: statement.sql, $0, isPrepared: statement.isPrepared) }
    }

    /// Runs one statement in a transaction of its own. Others wait for no task of this process: BEGIN, the statement and
    /// COMMIT follow each other as quickly as the server answers.
    /// - Parameter settings: see ``transaction(settings:isolation:_:)``.
    /// - Throws: as there; but rows are decoded after COMMIT, so an error of code `decoding` undoes nothing.
    @discardableResult
    public func run<S: Statement>(_ statement: S, settings: String) async throws -> Rows<S.Row> {
        try await ask(statement) {
            .transaction(settings: settings, sql: statement.sql, $0, isPrepared: statement.isPrepared)
        }
    }

    private func ask<S: Statement>(_ statement: S, _ work: (Parameters) -> Command.Work) async throws -> Rows<S.Row> {
        var parameters = Parameters()
        statement.bind(&parameters)
        do {
            return try await ask(work(parameters)).decode(S.self)
        } catch let error as PostgresError {
            throw error.inStatement(S.name)
        }
    }

    /// Runs trusted text of several statements, such as a migration's file.
    public func runScript(_ text: String) async throws {
        _ = try await ask(.script(text))
    }

    /// Like ``runScript(_:)``, for what must happen although the task is cancelled: ROLLBACK.
    func runDespiteCancellation(_ text: String) async throws {
        let id = mailbox.nextID()
        _ = try await withCheckedThrowingContinuation {
            mailbox.send(Command(id: id, work: .script(text), reply: $0))
        }
    }

    func ask(_ work: Command.Work) async throws -> ResultSet {
        let id = mailbox.nextID()
        defer { mailbox.forget(id) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { mailbox.send(Command(id: id, work: work, reply: $0)) }
        } onCancel: {
            mailbox.cancel(id)
        }
    }

    /// Ends the session; what still runs is cancelled and fails with code `closed`.
    public func close() { mailbox.fail(PostgresError(.closed, "the database connection was closed")) }

    /// False once the server went away or the connection was closed.
    public var isOpen: Bool { mailbox.failure == nil }

    var isIdle: Bool { shared.transactionStatus == PQTRANS_IDLE }

    /// What the connection's thread tells the tasks besides replies.
    final class Shared: Sendable {
        private struct State {
            var transactionStatus = PQTRANS_IDLE
            var isInTransaction = false
            var hasEnded = false
            var listener: AsyncStream<Notification>.Continuation?
        }
        private let state = Mutex(State())

        var transactionStatus: PGTransactionStatusType { state.withLock { $0.transactionStatus } }
        func setTransactionStatus(_ status: PGTransactionStatusType) {
            state.withLock { $0.transactionStatus = status }
        }
        /// - Returns: whether the caller now holds the connection's one transaction.
        func claimTransaction() -> Bool {
            state.withLock { state in
                guard !state.isInTransaction, state.transactionStatus == PQTRANS_IDLE else { return false }
                state.isInTransaction = true
                return true
            }
        }
        func releaseTransaction() { state.withLock { $0.isInTransaction = false } }

        func listen(_ listener: AsyncStream<Notification>.Continuation) {
            let over = state.withLock { state in
                defer { if !state.hasEnded { state.listener = listener } }
                return state.hasEnded ? listener : state.listener
            }
            over?.finish()
        }
        func deliver(_ notification: Notification) { _ = state.withLock { $0.listener }?.yield(notification) }
        func ended() {
            let listener = state.withLock { state in
                state.hasEnded = true
                defer { state.listener = nil }
                return state.listener
            }
            listener?.finish()
        }
    }
}
