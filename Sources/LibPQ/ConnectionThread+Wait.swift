import CLibPQ
import Foundation
import Synchronization

/// Waiting for the server: one place knows poll(2), cancellation and notifications.
extension ConnectionThread {
    /// How long a cancelled statement may take to end before the connection is given up, in seconds.
    private static let cancellationGrace = 10.0

    /// Sleeps until the socket is ready or a task woke this thread.
    func wait(for events: Int16, milliseconds: Int32 = -1) throws(PostgresError) {
        var descriptors = [
            pollfd(fd: PQsocket(connection), events: events, revents: 0),
            pollfd(fd: mailbox.eventDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, milliseconds) >= 0 || errno == EINTR else { throw lost() }
        if descriptors[1].revents != 0 { mailbox.drainWakeUps() }
        if descriptors[0].revents & Int16(POLLNVAL) != 0 { throw lost() }
    }

    func consume() throws(PostgresError) {
        guard PQconsumeInput(connection) == 1 else { throw lost() }
        while let notification = PQnotifies(connection) {
            shared.deliver(
                Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
    }

    /// Sends everything that libpq has buffered, reading meanwhile so that neither side waits for the other.
    func flush() throws(PostgresError) {
        while true {
            let state = PQflush(connection)
            if state == 0 { return }
            guard state == 1 else { throw lost() }
            try wait(for: Int16(POLLIN | POLLOUT))
            try consume()
        }
    }

    func putCopyData(_ bytes: [UInt8]) throws(PostgresError) {
        while true {
            let sent = bytes.withUnsafeBytes {
                PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
            }
            if sent == 1 { return try flush() }
            guard sent == 0 else {
                // The server ended the COPY; its reason is read when the COPY is ended from this side.
                guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
                return
            }
            try flush()
        }
    }

    /// Collects the results of what was sent, up to the end or to the server's wish for COPY data.
    ///
    /// On cancellation: cancel, drain, then report, so that the connection stays usable.
    func results(_ id: UInt64, untilCopy: Bool = false) throws(PostgresError) -> ResultSet {
        try flush()
        var last = ResultSet()
        var failure: PostgresError?
        var cancellation: Cancellation?
        while true {
            while PQisBusy(connection) == 1 {
                if cancellation == nil, mailbox.isCancelled(id) {
                    cancellation = Cancellation(connection, wake: mailbox)
                }
                if let cancellation, cancellation.age > Self.cancellationGrace { throw lost() }
                try wait(for: Int16(POLLIN), milliseconds: cancellation == nil ? -1 : 100)
                try consume()
            }
            guard let result = PQgetResult(connection) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = ResultSet(copying: result)
            case PGRES_COPY_IN where untilCopy: return last
            case PGRES_COPY_IN: PQputCopyEnd(connection, "no data was offered")
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: failure = failure ?? .server(result)
            default:
                // COPY OUT would go on for ever; no statement of ours asks for it.
                throw PostgresError(.connectionLost, "PostgreSQL answered in an unexpected way")
            }
            if PQstatus(connection) != CONNECTION_OK { throw lost() }
        }
        // A cancel request that is still on its way would hit the next statement.
        while let cancellation, !cancellation.isDone {
            if cancellation.age > Self.cancellationGrace { throw lost() }
            try wait(for: 0, milliseconds: 100)
        }
        if PQstatus(connection) != CONNECTION_OK { throw lost() }
        if let failure { throw failure }
        return last
    }
}

/// One PQcancel, which blocks on a connection of its own and therefore runs on a thread of its own.
private final class Cancellation: Sendable {
    private let done = Mutex(false)
    private let started = ContinuousClock.now

    init(_ connection: OpaquePointer, wake mailbox: Mailbox) {
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

extension PostgresError {
    static func server(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        return PostgresError(
            .server, field("M") ?? "PostgreSQL refused a statement", sqlState: field("C").map(SQLState.init(rawValue:)),
            detail: [field("D"), field("H"), field("W")].compactMap { $0 }.joined(separator: "; "))
    }

    /// Keeps the server's reason and drops where it was said, which is part of the connection string.
    static func connecting(_ text: String) -> PostgresError {
        let lines = text.trimmed.split(separator: "\n").map { line in
            line.range(of: " failed: ").map { String(line[$0.upperBound...]) } ?? String(line)
        }
        let reason = lines.first.map { $0.replacingOccurrences(of: "FATAL:  ", with: "") } ?? "no reason was given"
        return PostgresError(.connectionFailed, "cannot connect to PostgreSQL: \(reason)", detail: text.trimmed)
    }
}
