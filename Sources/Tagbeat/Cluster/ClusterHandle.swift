import Foundation
import Logging
import Synchronization

/// One process's use of the private cluster.
final class ClusterHandle: Sendable {
    /// For libpq: the socket's folder, the database `tagbeat` and its user. It stays the same across restarts.
    let conninfo: String
    private let server: ClusterServer
    private let users: FileLock
    private let logger: Logger
    private let isReleased = Mutex(false)

    init(server: ClusterServer, users: FileLock, logger: Logger) {
        conninfo = server.layout.conninfo
        self.server = server
        self.users = users
        self.logger = logger
    }

    /// Ends this use and, where nobody else's is left, stops the server. A second call does nothing. It runs to its
    /// end even in a cancelled task.
    func release() async {
        guard
            isReleased.withLock({
                let first = !$0; $0 = true; return first
            })
        else { return }
        await Task { await leave() }.value
    }

    private func leave() async {
        do {
            try await server.exclusively {
                // Nobody can begin to use the cluster now, so whoever can have this lock alone is the last.
                if users.tryLock(.exclusive) {
                    try await server.stop()
                    server.layout.removeSocketFolder()
                }
                users.unlock()
            }
        } catch {
            users.unlock()
            logger.error("The database is left running: \(error)")
        }
    }

    /// Watches over the server until the task is cancelled or the handle released, starts it again when it has died,
    /// and keeps its log short.
    func keepAlive() async {
        var ticks = 0
        while await pause(.milliseconds(500)) {
            ticks += 1
            if ticks.isMultiple(of: 120) { server.trimLog() }
            if server.processes.postmaster() == nil { await restart() }
        }
    }

    private func restart() async {
        logger.warning("The database stopped unexpectedly: starting it again.")
        var delay = Duration.milliseconds(500)
        var told = ""
        while !isReleased.withLock({ $0 }), !Task.isCancelled {
            do {
                try await server.exclusively {
                    // Whoever released the handle meanwhile has stopped the server on purpose.
                    if !isReleased.withLock({ $0 }) { try await server.ensureRunning() }
                }
                logger.notice("The database runs again.")
                return
            } catch is CancellationError {
                return
            } catch {
                // The same trouble every few seconds is said once.
                if "\(error)" != told { logger.error("\(error)") }
                told = "\(error)"
            }
            _ = await pause(delay)
            delay = min(delay * 2, .seconds(30))
        }
    }

    /// False when it is time to end.
    private func pause(_ duration: Duration) async -> Bool {
        try? await Task.sleep(for: duration)
        return !Task.isCancelled && !isReleased.withLock { $0 }
    }
}
