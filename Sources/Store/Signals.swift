import LibPQ
import Logging
import Synchronization

/// What one process tells the others over NOTIFY. A signal only says "look again": it may come twice or be lost with a
/// connection, so whoever waits for one also looks from time to time.
public enum Signal: String, Sendable, CaseIterable {
    /// A check was requested or a tag was added.
    case work = "tagbeat_work"
    /// A requested check ended.
    case outcome = "tagbeat_outcome"
    /// Changes were recorded.
    case changes = "tagbeat_changes"
}

/// One listening connection per process, shared by all who wait.
final class Signals: Sendable {
    private struct State {
        var subscribers: [Int: (signal: Signal, wake: @Sendable () -> Void)] = [:]
        var lastID = 0
        var heard = 0
        var isListening = false
    }

    private let pool: Pool
    private let logger: Logger
    private let state = Mutex(State())

    init(pool: Pool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    func subscribe(to signal: Signal) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = add(signal) { continuation.yield() }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    func whileWaiting<Value>(
        for signal: Signal, _ body: (WakeUp) async throws -> sending Value
    ) async rethrows -> sending Value {
        let wakeUp = WakeUp()
        let id = add(signal) { wakeUp.yield() }
        defer { remove(id) }
        return try await body(wakeUp)
    }

    private func add(_ signal: Signal, _ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.lastID += 1
            state.subscribers[state.lastID] = (signal, wake)
            return state.lastID
        }
    }

    /// Raised with every signal; nil while none can be heard.
    var heard: Int? { state.withLock { $0.isListening ? $0.heard : nil } }

    private func remove(_ id: Int) { _ = state.withLock { $0.subscribers.removeValue(forKey: id) } }

    /// Listens until the task is cancelled, connecting again whenever the server went away.
    func run() async {
        while !Task.isCancelled {
            do {
                let connection = try await pool.dedicatedConnection()
                defer { connection.close() }
                let notifications = try await connection.notifications(on: Signal.allCases.map(\.rawValue))
                state.withLock { $0.isListening = true }
                defer { state.withLock { $0.isListening = false } }
                // What came while nobody listened.
                for signal in Signal.allCases { publish(signal) }
                for await notification in notifications {
                    if let signal = Signal(rawValue: notification.channel) { publish(signal) }
                }
            } catch {
                logger.debug("cannot listen for notifications", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func publish(_ signal: Signal) {
        let subscribers = state.withLock { state in
            state.heard += 1
            return state.subscribers.values.filter { $0.signal == signal }
        }
        for subscriber in subscribers { subscriber.wake() }
    }
}

extension TagStore {
    /// Delivers signals to ``signal(_:)``'s streams until the task is cancelled.
    public func listen() async { await signals.run() }

    /// Raised with every signal that another process or this one sent; nil while none can be heard.
    public var heardSignals: Int? { signals.heard }

    public func signal(_ signal: Signal) -> AsyncStream<Void> { signals.subscribe(to: signal) }
}

struct Notify: Statement {
    typealias Row = Bool
    let signal: Signal
    static let sql: SQL = "SELECT pg_notify($1, '') IS NULL"
    func bind(_ parameters: inout Parameters) { parameters.append(signal.rawValue) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}
