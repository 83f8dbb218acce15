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
    /// The command that runs.
    var current: UInt64 = 0
    /// What was asked of the server to end the running command.
    var cancellation: Cancellation?
    /// Prepared statements of this session.
    private var prepared: [PreparedKey: String] = [:]
    private var preparedCount = 0

    /// The same text with other parameter types is another statement.
    private struct PreparedKey: Hashable {
        let sql: SQL
        let types: [UInt32]
    }

    private init(connection: OpaquePointer, mailbox: Mailbox, shared: Connection.Shared) {
        self.connection = connection
        self.mailbox = mailbox
        self.shared = shared
    }

    /// Connects, answers commands until told to close or until the server goes away, and frees everything.
    static func run(parameters: [(String, String)], mailbox: Mailbox, shared: Connection.Shared) {
        do throws(PostgresError) {
            let connection = try connect(parameters)
            defer { PQfinish(connection) }
            try ConnectionThread(connection: connection, mailbox: mailbox, shared: shared).serve()
        } catch {
            mailbox.fail(error)
        }
        shared.ended()
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

    /// Returns when the connection was closed from this side, throws when it was lost.
    private func serve() throws(PostgresError) {
        while mailbox.failure == nil {
            guard let command = mailbox.next() else {
                if try wait(for: POLLIN) { try consume() }
                continue
            }
            let (outcome, end) = perform(command)
            // First, so that the pool sees a closed connection when the task gives it back.
            if let end { mailbox.fail(end) }
            command.reply.resume(with: outcome)
            if let end { throw end }
        }
    }

    /// - Returns: the command's outcome, and why the connection cannot go on, if it cannot.
    private func perform(_ command: Command) -> (outcome: Result<ResultSet, any Error>, end: PostgresError?) {
        current = command.id
        let outcome: Result<ResultSet, any Error>
        do throws(PostgresError) {
            outcome = .success(try execute(command.work))
        } catch {
            if error.isConnectionError { return (.failure(mailbox.failure ?? error), error) }
            let isWanted = error.sqlState == .queryCanceled && mailbox.isCancelled(current)
            outcome = .failure(isWanted ? mailbox.reasonToStop : error)
        }
        do throws(PostgresError) { try settleCancellation() } catch { return (outcome, error) }
        shared.setTransactionStatus(PQtransactionStatus(connection))
        deliverNotifications()
        return (outcome, nil)
    }

    private func execute(_ work: Command.Work) throws(PostgresError) -> ResultSet {
        switch work {
        case .connected:
            return ResultSet()
        case .run(let sql, let parameters, isPrepared: false):
            return try runOnce(sql, parameters)
        case .run(let sql, let parameters, isPrepared: true):
            let key = PreparedKey(sql: sql, types: parameters.types)
            do { return try runPrepared(key, parameters) } catch {
                // A plan made before a migration, or a session that a pooler changed under us: prepare anew, once.
                guard error.sqlState == .featureNotSupported || error.sqlState == .invalidStatementName,
                    prepared.removeValue(forKey: key) != nil, PQtransactionStatus(connection) == PQTRANS_IDLE
                else { throw error }
                return try runPrepared(key, parameters)
            }
        case .transaction(let settings, let sql, let parameters, let isPrepared):
            return try transaction(settings) { () throws(PostgresError) in
                try execute(.run(sql: sql, parameters, isPrepared: isPrepared))
            }
        case .script(let text):
            return try script(text)
        case .beginCopy(let text):
            try check(PQsendQuery(connection, text))
            return try results(untilCopy: true)
        case .copyData(let bytes):
            try putCopyData(bytes)
            return ResultSet()
        case .endCopy(let failure):
            try endCopy(failure)
            return try results()
        }
    }

    private func script(_ text: String) throws(PostgresError) -> ResultSet {
        try check(PQsendQuery(connection, text))
        return try results()
    }

    private func transaction(
        _ settings: String, _ body: () throws(PostgresError) -> ResultSet
    ) throws(PostgresError) -> ResultSet {
        guard PQtransactionStatus(connection) == PQTRANS_IDLE else {
            throw PostgresError(.misuse, "the connection is already in a transaction")
        }
        do throws(PostgresError) {
            _ = try script(Connection.begin + settings)
            let rows = try body()
            _ = try script("COMMIT")
            return rows
        } catch {
            guard !error.isConnectionError else { throw error }
            try settleCancellation()
            // No task cancels it; where it fails the connection is gone, and with it the transaction.
            let command = current
            current = 0
            defer { current = command }
            _ = try script("ROLLBACK")
            throw error
        }
    }

    private func runPrepared(_ key: PreparedKey, _ parameters: Parameters) throws(PostgresError) -> ResultSet {
        let name = try prepare(key)
        if mailbox.isCancelled(current) {
            throw PostgresError(.server, "the statement was cancelled", sqlState: .queryCanceled)
        }
        try check(
            parameters.withCells { values, lengths, formats in
                PQsendQueryPrepared(connection, name, Int32(values.count), values, lengths, formats, 1)
            })
        return try results()
    }

    /// Planned for these values, and forgotten.
    private func runOnce(_ sql: SQL, _ parameters: Parameters) throws(PostgresError) -> ResultSet {
        try check(
            parameters.withCells { values, lengths, formats in
                PQsendQueryParams(
                    connection, sql.text, Int32(values.count), parameters.types, values, lengths, formats, 1)
            })
        return try results()
    }

    private func prepare(_ key: PreparedKey) throws(PostgresError) -> String {
        if let name = prepared[key] { return name }
        preparedCount += 1
        let name = "s\(preparedCount)"
        try check(PQsendPrepare(connection, name, key.sql.text, Int32(key.types.count), key.types))
        _ = try results()
        prepared[key] = name
        return name
    }

    private func check(_ sent: Int32) throws(PostgresError) {
        guard sent != 1 else { return }
        guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
        throw PostgresError(.misuse, "the connection cannot take a statement now")
    }
}

extension Parameters {
    /// As libpq takes them: pointers, lengths and formats.
    fileprivate func withCells(_ send: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> Int32) -> Int32 {
        let lengths = cells.map { Int32(max(0, $0.length)) }
        let formats = [Int32](repeating: 1, count: cells.count)
        return bytes.withUnsafeBytes { bytes in
            // An empty value still needs a non-null pointer: a null one means NULL.
            let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            let values = cells.map { cell in
                cell.length < 0 ? nil : base.map { ($0 + cell.offset).assumingMemoryBound(to: CChar.self) }
            }
            return send(values, lengths, formats)
        }
    }
}
