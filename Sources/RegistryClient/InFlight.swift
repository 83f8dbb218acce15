import Synchronization

/// One piece of work under way per key: who asks for the same meanwhile gets the same answer.
///
/// Without a second asker it costs one look into a dictionary: no task, no allocation beside the entry.
final class InFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Answer {
        case value(Value)
        /// The one who asked first was cancelled; somebody else has to ask.
        case orphaned
        case cancelled
    }

    private struct State {
        var waiters: [Key: [UInt64: CheckedContinuation<Answer, Never>]] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// - Parameter work: returns nil where its task was cancelled: then a waiter takes over.
    /// - Returns: nil where the caller's own task was cancelled.
    func value(for key: Key, _ work: () async -> Value?) async -> Value? {
        while true {
            let id = state.withLock { state -> UInt64? in
                guard state.waiters[key] != nil else {
                    state.waiters[key] = [:]
                    return nil
                }
                state.nextID += 1
                return state.nextID
            }
            guard let id else {
                let value = await work()
                let waiting = state.withLock { $0.waiters.removeValue(forKey: key) } ?? [:]
                for continuation in waiting.values {
                    continuation.resume(returning: value.map { .value($0) } ?? .orphaned)
                }
                return value
            }
            switch await wait(id, key) {
            case .value(let value): return value
            case .cancelled: return nil
            case .orphaned: continue
            }
        }
    }

    private func wait(_ id: UInt64, _ key: Key) async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isGone = state.withLock { state in
                    guard state.waiters[key] != nil else { return true }
                    state.waiters[key]?[id] = continuation
                    return false
                }
                // The work may have ended since the look: then ask anew.
                if isGone { return continuation.resume(returning: .orphaned) }
                if Task.isCancelled { drop(id, key) }
            }
        } onCancel: {
            drop(id, key)
        }
    }

    private func drop(_ id: UInt64, _ key: Key) {
        let continuation = state.withLock { $0.waiters[key]?.removeValue(forKey: id) }
        continuation?.resume(returning: .cancelled)
    }
}
