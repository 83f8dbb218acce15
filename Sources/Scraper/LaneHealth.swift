import Logging
import OCI
import Store
import Synchronization

/// Says once in the log that a registry or the database fails, and once that it works again: not for each tag.
final class LaneHealth: Sendable {
    private struct State {
        var failing: Set<Registry> = []
        var databaseFails = false
        var isStopping = false
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// No more patience with a database that is away.
    var isStopping: Bool { state.withLock { $0.isStopping } }
    func stop() { state.withLock { $0.isStopping = true } }

    /// A registry fails when a whole batch of its tags did.
    func note(_ results: [CheckResult]) {
        for (registry, results) in Dictionary(grouping: results, by: \.claim.reference.registry) {
            let reasons = results.compactMap { result -> String? in
                if case .failed(let reason) = result.answer { reason } else { nil }
            }
            if reasons.count == results.count, let reason = reasons.first {
                guard state.withLock({ $0.failing.insert(registry).inserted }) else { continue }
                logger.warning("\(registry) cannot be checked: \(reason)")
            } else if state.withLock({ $0.failing.remove(registry) }) != nil {
                logger.notice("\(registry) can be checked again")
            }
        }
    }

    func databaseFailed(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        let isNew = state.withLock { state in
            defer { state.databaseFails = true }
            return !state.databaseFails
        }
        if isNew { logger.error("the database cannot be used, trying on: \(error)") }
    }

    func databaseRecovered() {
        let wasFailing = state.withLock { state in
            defer { state.databaseFails = false }
            return state.databaseFails
        }
        if wasFailing { logger.notice("the database can be used again") }
    }
}
