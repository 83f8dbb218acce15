import CLibPQ
import Foundation
import Synchronization

/// Waiting for the server: one place knows poll(2), cancellation and notifications.
extension ConnectionThread {
    /// How long a cancelled statement may take to end before the connection is given up, in seconds.
    private static let cancellationGrace = 10.0
    /// A request that came before the server had begun with the statement was in vain, so it is made again after this, in
    /// seconds.
    private static let cancellationRepeat = 0.2

    /// Sleeps until the socket is ready or a task woke this thread.
    /// - Returns: whether there may be something to read or room to write.
    func wait(for events: Int32, milliseconds: Int32 = -1) throws(PostgresError) -> Bool {
        var descriptors = (
            pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
            pollfd(fd: mailbox.eventDescriptor, events: Int16(POLLIN), revents: 0)
        )
        let ready = withUnsafeMutableBytes(of: &descriptors) {
            poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, milliseconds)
        }
        guard ready >= 0 || errno == EINTR else { throw lost() }
        if descriptors.1.revents != 0 { mailbox.drainWakeUps() }
        if descriptors.0.revents & Int16(POLLNVAL) != 0 { throw lost() }
        return descriptors.0.revents != 0 || ready == 0
    }

    /// Waits for the server while a command runs. A cancelled task's statement is cancelled meanwhile.
    private func waitForServer(_ events: Int32) throws(PostgresError) {
        // Under TLS bytes may lie in OpenSSL's buffer, where poll(2) cannot see them.
        var milliseconds: Int32 = PQsslInUse(connection) == 1 ? 200 : -1
        if mailbox.isCancelled(current) {
            let first = cancellation?.first ?? .now
            if (ContinuousClock.now - first) / .seconds(1) > Self.cancellationGrace { throw lost() }
            if cancellation.map({ $0.isDone && $0.age > Self.cancellationRepeat }) ?? true {
                cancellation = Cancellation(connection, first: first, wake: mailbox)
            }
            milliseconds = 100
        }
        if try wait(for: events, milliseconds: milliseconds) { try consume() }
    }

    /// A cancel request that is still on its way would hit the next statement.
    func settleCancellation() throws(PostgresError) {
        defer { cancellation = nil }
        while let cancellation, !cancellation.isDone {
            if cancellation.age > Self.cancellationGrace { throw lost() }
            _ = try wait(for: 0, milliseconds: 100)
        }
    }

    func consume() throws(PostgresError) {
        guard PQconsumeInput(connection) == 1 else { throw lost() }
        deliverNotifications()
    }

    func deliverNotifications() {
        while let notification = PQnotifies(connection) {
            shared.deliver(
                Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
    }

    /// Sends everything that libpq has buffered, reading meanwhile so that neither side waits for the other.
    private func flush() throws(PostgresError) {
        while true {
            let state = PQflush(connection)
            if state == 0 { return }
            guard state == 1 else { throw lost() }
            try waitForServer(POLLIN | POLLOUT)
        }
    }

    func putCopyData(_ bytes: [UInt8]) throws(PostgresError) {
        while true {
            let sent = bytes.withUnsafeBytes {
                PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
            }
            if sent == 1 { return try flush() }
            guard sent == 0 else { throw notCopying() }
            try flush()
        }
    }

    func endCopy(_ failure: String?) throws(PostgresError) {
        while true {
            let sent = PQputCopyEnd(connection, failure)
            if sent == 1 { return }
            guard sent == 0 else { throw notCopying() }
            try flush()
        }
    }

    private func notCopying() -> PostgresError {
        PQstatus(connection) == CONNECTION_OK ? PostgresError(.misuse, "no COPY is under way") : lost()
    }

    /// Collects the results of what was sent, up to the end or to the server's wish for COPY data.
    ///
    /// On cancellation: cancel, drain, then report, so that the connection stays usable.
    func results(untilCopy: Bool = false) throws(PostgresError) -> ResultSet {
        try flush()
        var last = ResultSet()
        var failure: PostgresError?
        while true {
            while PQisBusy(connection) == 1 { try waitForServer(POLLIN) }
            guard let result = PQgetResult(connection) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = ResultSet(copying: result)
            case PGRES_COPY_IN where untilCopy: return last
            case PGRES_COPY_IN:
                try endCopy("no data was offered")
                try flush()
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: failure = failure ?? .server(result)
            default:
                // COPY OUT would go on for ever; no statement of ours asks for it.
                throw PostgresError(.connectionLost, "PostgreSQL answered in an unexpected way")
            }
            if PQstatus(connection) != CONNECTION_OK { throw lost() }
        }
        if PQstatus(connection) != CONNECTION_OK { throw lost() }
        if let failure { throw failure }
        return last
    }

    func lost() -> PostgresError {
        let text = String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines)
        return PostgresError(.connectionLost, "the connection to PostgreSQL was lost", detail: text)
    }
}

/// One PQcancel, which blocks on a connection of its own and therefore runs on a thread of its own.
final class Cancellation: Sendable {
    private let done = Mutex(false)
    private let started = ContinuousClock.now
    /// When the running statement's first request was made.
    let first: ContinuousClock.Instant

    init(_ connection: OpaquePointer, first: ContinuousClock.Instant, wake mailbox: Mailbox) {
        self.first = first
        let address = UInt(bitPattern: PQgetCancel(connection))
        Thread.detachNewThread { [self] in
            let cancel = OpaquePointer(bitPattern: address)
            var error = [CChar](repeating: 0, count: 256)
            PQcancel(cancel, &error, Int32(error.count))
            PQfreeCancel(cancel)
            done.withLock { $0 = true }
            mailbox.wake()
        }
    }

    var isDone: Bool { done.withLock { $0 } }
    var age: Double { (ContinuousClock.now - started) / .seconds(1) }
}
