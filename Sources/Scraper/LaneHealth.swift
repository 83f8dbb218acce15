import Logging
import OCI
import Store
import Synchronization

/// Says once in the log that a registry or the database fails, and once that it works again: not for each tag.
final class LaneHealth: Sendable {
    private struct State {
        var failing: Set<Registry> = []
        /// Registries that began to fail and were not told of yet, and the first reason.
        var untold: [Registry: String] = [:]
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
            let isFailing = reasons.count == results.count
            let isNew = state.withLock { state in
                if isFailing, let reason = reasons.first, state.failing.insert(registry).inserted {
                    state.untold[registry] = reason
                } else if !isFailing {
                    return state.failing.remove(registry) != nil && state.untold.removeValue(forKey: registry) == nil
                }
                return false
            }
            if isNew { logger.notice("\(registry) can be checked again") }
        }
    }

    /// Tells of all that began to fail since the last time in one message: without a way out they all do.
    func tell() {
        let untold = state.withLock { state in
            defer { state.untold = [:] }
            return state.untold
        }
        guard let (registry, reason) = untold.min(by: { $0.key < $1.key }) else { return }
        let others = untold.keys.filter { $0 != registry }.sorted().map(\.name).joined(separator: ", ")
        let also = others.isEmpty ? "" : "; nor can \(others)"
        logger.warning("\(registry) cannot be checked: \(reason)\(also)")
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
