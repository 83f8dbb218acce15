import Logging
import OCI
import Store
import Synchronization

/// Says once in the log that a registry or the database fails, and once that it works again: not for each tag.
final class LaneHealth: Sendable {
    private struct State {
        var lastSuccess: [Registry: Timestamp] = [:]
        var failing: Set<Registry> = []
        /// Registries that began to fail and were not told of yet, with the first reason.
        var untold: [Registry: String] = [:]
        var untoldSince: Timestamp?
        var databaseFails = false
        var isStopping = false
    }

    /// Seconds without a success after which a batch of failures speaks for the whole registry.
    private static let patience = 60.0
    /// Seconds in which others may begin to fail for the same reason: without a way out they all do.
    private static let gathering = 3.0

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// No more patience with a database that is away.
    var isStopping: Bool { state.withLock { $0.isStopping } }
    func stop() { state.withLock { $0.isStopping = true } }

    /// A registry fails when a whole batch of its tags did and nothing of it has succeeded lately.
    func note(_ results: [CheckResult]) {
        for (registry, results) in Dictionary(grouping: results, by: \.claim.reference.registry) {
            let succeededAt = results.filter { $0.failureReason == nil }.map(\.checkedAt).max()
            let recovered = state.withLock { state in
                if let succeededAt {
                    state.lastSuccess[registry] = succeededAt
                    return state.failing.remove(registry) != nil && state.untold.removeValue(forKey: registry) == nil
                }
                guard let first = results.min(by: { $0.checkedAt < $1.checkedAt }), let reason = first.failureReason
                else { return false }
                if let last = state.lastSuccess[registry], first.checkedAt.seconds(since: last) < Self.patience {
                    return false
                }
                if state.failing.insert(registry).inserted {
                    state.untold[registry] = reason
                    state.untoldSince = state.untoldSince ?? first.checkedAt
                }
                return false
            }
            if recovered { logger.notice("\(registry) can be checked again") }
        }
    }

    /// Tells of all that began to fail since the last time in one message.
    /// - Parameter now: nil at the end, when there is nothing more to wait for.
    func tell(at now: Timestamp?) {
        let untold = state.withLock { state -> [Registry: String] in
            if let now, let since = state.untoldSince, now.seconds(since: since) < Self.gathering { return [:] }
            defer { (state.untold, state.untoldSince) = ([:], nil) }
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

extension CheckResult {
    fileprivate var failureReason: String? { if case .failed(let reason) = answer { reason } else { nil } }
}
