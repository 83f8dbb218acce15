import CLibPQ
import Synchronization

/// What a task asks of the thread that owns a `PGconn`.
enum Command: Sendable {
    case run(Run)
    /// Text that may hold several statements and no parameters: migrations, LISTEN, BEGIN.
    case script(id: UInt64, text: String, Reply<ResultSet>)
    case beginCopy(id: UInt64, text: String, Reply<ResultSet>)
    case copyData(id: UInt64, bytes: [UInt8], Reply<ResultSet>)
    case endCopy(id: UInt64, failure: String?, Reply<ResultSet>)
    case close

    struct Run: Sendable {
        let id: UInt64
        let sql: SQL
        let parameters: Parameters
        let reply: Reply<ResultSet>
    }

    var id: UInt64 {
        switch self {
        case .run(let run): run.id
        case .script(let id, _, _), .beginCopy(let id, _, _), .copyData(let id, _, _), .endCopy(let id, _, _): id
        case .close: 0
        }
    }

    var reply: Reply<ResultSet>? {
        switch self {
        case .run(let run): run.reply
        case .script(_, _, let reply), .beginCopy(_, _, let reply), .copyData(_, _, let reply),
            .endCopy(_, _, let reply):
            reply
        case .close: nil
        }
    }
}

typealias Reply<Value: Sendable> = CheckedContinuation<Value, any Error>

/// Hands commands from tasks to a connection's thread and wakes it, which waits in poll(2) on {socket, eventfd}.
final class Mailbox: Sendable {
    private struct State {
        var queue: [Command] = []
        var cancelled: Set<UInt64> = []
        var lastID: UInt64 = 0
        var lastTaken: UInt64 = 0
        /// Set when the thread has ended: later commands fail with it at once.
        var failure: PostgresError?
    }

    private let state = Mutex(State())
    let eventDescriptor: Int32

    init() throws(PostgresError) {
        eventDescriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard eventDescriptor >= 0 else {
            throw PostgresError(.connectionFailed, "no file descriptor is left for a database connection")
        }
    }

    deinit { _ = close(eventDescriptor) }

    func nextID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    func send(_ command: Command) {
        let failure = state.withLock { state in
            if state.failure == nil { state.queue.append(command) }
            return state.failure
        }
        if let failure { command.reply?.resume(throwing: failure) } else { wake() }
    }

    func cancel(_ id: UInt64) {
        state.withLock { _ = $0.cancelled.insert(id) }
        wake()
    }

    func isCancelled(_ id: UInt64) -> Bool { state.withLock { $0.cancelled.contains(id) } }

    /// The next command, after dropping the cancellation marks that can no longer matter.
    func next() -> Command? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                // Ids only grow, and a mark may come before its command: only those of finished ones go.
                state.cancelled = state.cancelled.filter { $0 > state.lastTaken }
                return nil
            }
            let command = state.queue.removeFirst()
            state.lastTaken = max(state.lastTaken, command.id)
            return command
        }
    }

    /// Fails everything that waits and everything that will be sent.
    func fail(_ error: PostgresError) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.queue = [] }
            return state.queue
        }
        for command in waiting { command.reply?.resume(throwing: error) }
    }

    var failure: PostgresError? { state.withLock { $0.failure } }

    func wake() {
        var one: UInt64 = 1
        _ = write(eventDescriptor, &one, 8)
    }

    func drainWakeUps() {
        var count: UInt64 = 0
        _ = read(eventDescriptor, &count, 8)
    }
}
