import CLibPQ
import Synchronization

/// What a task asks of the thread that owns a `PGconn`.
struct Command: Sendable {
    enum Work: Sendable {
        /// Answered once the connection is made.
        case connected
        case run(sql: SQL, Parameters, isPrepared: Bool)
        /// A transaction of one statement, begun with trusted text: the session never waits for the task in the midst of it.
        case transaction(settings: String, sql: SQL, Parameters, isPrepared: Bool)
        /// Text that may hold several statements and no parameters: migrations, LISTEN, BEGIN.
        case script(String)
        case beginCopy(String)
        case copyData([UInt8])
        case endCopy(failure: String?)
    }

    let id: UInt64
    let work: Work
    let reply: CheckedContinuation<ResultSet, any Error>

    /// The end of a COPY has to reach the server even when its task was cancelled, or the connection is stuck in it.
    var mustRun: Bool { if case .endCopy = work { true } else { false } }
}

/// Hands commands from tasks to a connection's thread and wakes it, which waits in poll(2) on {socket, eventfd}.
final class Mailbox: Sendable {
    private struct State {
        var queue: [Command] = []
        /// A mark may come before its command; it goes when the command's task goes on.
        var cancelled: Set<UInt64> = []
        var lastID: UInt64 = 0
        /// Why the connection is of no use any more: commands fail with it at once.
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
        let refusal = state.withLock { state -> (any Error)? in
            if let failure = state.failure { return failure }
            if state.cancelled.contains(command.id), !command.mustRun { return CancellationError() }
            state.queue.append(command)
            return nil
        }
        if let refusal { command.reply.resume(throwing: refusal) } else { wake() }
    }

    /// Ends a waiting command at once; of a running one the thread cancels the statement.
    func cancel(_ id: UInt64) {
        let waiting = state.withLock { state -> Command? in
            state.cancelled.insert(id)
            return state.queue.firstIndex { $0.id == id && !$0.mustRun }.map { state.queue.remove(at: $0) }
        }
        if let waiting { waiting.reply.resume(throwing: CancellationError()) } else { wake() }
    }

    /// Drops the mark of a command whose task has its answer.
    func forget(_ id: UInt64) { state.withLock { _ = $0.cancelled.remove(id) } }

    /// The running command should end: its task was cancelled or the connection is being closed.
    func isCancelled(_ id: UInt64) -> Bool { state.withLock { $0.failure != nil || $0.cancelled.contains(id) } }

    /// What a cancelled command's task is told.
    var reasonToStop: any Error {
        if let failure { return failure }
        return CancellationError()
    }

    func next() -> Command? { state.withLock { $0.queue.isEmpty ? nil : $0.queue.removeFirst() } }

    /// Fails everything that waits and everything that will be sent, and tells the thread to end.
    func fail(_ error: PostgresError) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.queue = [] }
            return state.queue
        }
        for command in waiting { command.reply.resume(throwing: error) }
        wake()
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
