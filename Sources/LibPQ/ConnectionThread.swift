import CLibPQ
import Foundation
import Synchronization

/// Owns one `PGconn` and is confined to one thread: nothing here is touched by any other.
///
/// libpq is not thread-safe per connection and its waiting calls block, so each connection gets a thread that sleeps in
/// poll(2) on the socket and the mailbox. That measured 23,000–33,000 statements a second on 8 connections, with
/// cancellation in under 10 ms; a dispatch source per connection reached 16,000–20,000.
final class ConnectionThread {
    let mailbox: Mailbox
    let shared: Connection.Shared
    let connection: OpaquePointer
    /// Prepared statements of this session by their text.
    var prepared: [SQL: String] = [:]

    init(connection: OpaquePointer, mailbox: Mailbox, shared: Connection.Shared) {
        self.connection = connection
        self.mailbox = mailbox
        self.shared = shared
    }

    /// Connects, answers commands until told to close or until the server goes away, and frees everything.
    static func run(
        parameters: [(String, String)], mailbox: Mailbox, shared: Connection.Shared,
        ready: CheckedContinuation<Void, any Error>
    ) {
        let connection: OpaquePointer
        do { connection = try connect(parameters) } catch {
            mailbox.fail(error)
            return ready.resume(throwing: error)
        }
        let thread = ConnectionThread(connection: connection, mailbox: mailbox, shared: shared)
        ready.resume()
        let end = thread.serve()
        mailbox.fail(end)
        shared.ended()
        PQfinish(connection)
    }

    /// Blocks this thread, so that hosts, time-outs, TLS and `target_session_attrs` are libpq's own in every detail.
    private static func connect(_ parameters: [(String, String)]) throws(PostgresError) -> OpaquePointer {
        let keywords = parameters.map { strdup($0.0) } + [nil]
        let values = parameters.map { strdup($0.1) } + [nil]
        defer { for pointer in keywords + values { free(pointer) } }
        let connection = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 1)
            }
        }
        guard let connection else { throw PostgresError(.connectionFailed, "out of memory") }
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            throw .connecting(String(cString: PQerrorMessage(connection)))
        }
        PQsetnonblocking(connection, 1)
        // Server notices would go to standard error past every log setting.
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        return connection
    }

    private func serve() -> PostgresError {
        while true {
            guard let command = mailbox.next() else {
                do {
                    try wait(for: Int16(POLLIN))
                    try consume()
                } catch { return error }
                continue
            }
            if case .close = command { return PostgresError(.closed, "the database connection was closed") }
            if mailbox.isCancelled(command.id), !command.mustRun {
                command.reply?.resume(throwing: CancellationError())
                continue
            }
            let outcome = Result { () throws(PostgresError) in try execute(command) }
            shared.setTransactionStatus(PQtransactionStatus(connection))
            switch outcome {
            case .success(let result): command.reply?.resume(returning: result)
            case .failure(let error) where error.sqlState == .queryCanceled && mailbox.isCancelled(command.id):
                command.reply?.resume(throwing: CancellationError())
            case .failure(let error):
                if error.isConnectionError { mailbox.fail(error) }
                command.reply?.resume(throwing: error)
                if error.isConnectionError { return error }
            }
        }
    }

    private func execute(_ command: Command) throws(PostgresError) -> ResultSet {
        switch command {
        case .run(let run):
            do { return try runPrepared(run) } catch {
                // A plan made before a migration, or a session that a pooler changed under us: prepare anew, once.
                guard error.sqlState == .featureNotSupported || error.sqlState == .invalidStatementName,
                    prepared.removeValue(forKey: run.sql) != nil, PQtransactionStatus(connection) == PQTRANS_IDLE
                else { throw error }
                return try runPrepared(run)
            }
        case .script(let id, let text, _):
            try check(PQsendQuery(connection, text))
            return try results(id)
        case .beginCopy(let id, let text, _):
            try check(PQsendQuery(connection, text))
            return try results(id, untilCopy: true)
        case .copyData(_, let bytes, _):
            try putCopyData(bytes)
            return ResultSet()
        case .endCopy(let id, let failure, _):
            while true {
                let sent = PQputCopyEnd(connection, failure)
                if sent == 1 { break }
                guard sent == 0 else { throw lost() }
                try flush()
            }
            return try results(id)
        case .close:
            return ResultSet()
        }
    }

    private func runPrepared(_ run: Command.Run) throws(PostgresError) -> ResultSet {
        let name = try prepare(run)
        let parameters = run.parameters
        let lengths = parameters.cells.map { Int32(max(0, $0.length)) }
        let formats = [Int32](repeating: 1, count: parameters.cells.count)
        let sent = parameters.bytes.withUnsafeBytes { bytes in
            // An empty value still needs a non-null pointer: a null one means NULL.
            let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            let values = parameters.cells.map { cell in
                cell.length < 0 ? nil : base.map { ($0 + cell.offset).assumingMemoryBound(to: CChar.self) }
            }
            return PQsendQueryPrepared(connection, name, Int32(values.count), values, lengths, formats, 1)
        }
        try check(sent)
        return try results(run.id)
    }

    private func prepare(_ run: Command.Run) throws(PostgresError) -> String {
        if let name = prepared[run.sql] { return name }
        let name = "s\(run.id)"
        try check(PQsendPrepare(connection, name, run.sql.text, Int32(run.parameters.types.count), run.parameters.types))
        _ = try results(run.id)
        prepared[run.sql] = name
        return name
    }

    private func check(_ sent: Int32) throws(PostgresError) {
        guard sent != 1 else { return }
        guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
        throw PostgresError(.misuse, "the connection cannot take a statement now")
    }

    func lost() -> PostgresError {
        let text = String(cString: PQerrorMessage(connection))
        return PostgresError(.connectionLost, "the connection to PostgreSQL was lost", detail: text.trimmed)
    }
}

extension Command {
    /// The end of a COPY has to reach the server even when its task was cancelled, or the connection is stuck in it.
    fileprivate var mustRun: Bool { if case .endCopy = self { true } else { false } }
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
