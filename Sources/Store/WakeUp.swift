import Synchronization

/// Lets one task sleep until others have something for it, or for a while.
///
/// An AsyncStream cannot do that: the first reading that is cancelled for its time limit ends the stream for good.
public final class WakeUp: Sendable {
    private struct State {
        var isDue = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    public init() {}

    /// Wakes the sleeper, or keeps the next one from falling asleep.
    public func yield() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            if state.sleeper == nil { state.isDue = true }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Waits for ``yield()``, but no longer than this, nor after the task is cancelled. For one task at a time.
    public func next(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sleep() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sleep() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isAwake, earlier) = state.withLock { state in
                    if Task.isCancelled { return (true, CheckedContinuation<Void, Never>?.none) }
                    defer { if state.isDue { state.isDue = false } else { state.sleeper = continuation } }
                    return (state.isDue, state.sleeper)
                }
                earlier?.resume()
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                defer { state.sleeper = nil }
                return state.sleeper
            }
            sleeper?.resume()
        }
    }
}
