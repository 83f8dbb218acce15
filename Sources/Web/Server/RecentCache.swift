import Synchronization

/// What was made lately, by what it was made from. Bounded: what was not asked for while `capacity` others were is
/// forgotten.
final class RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: it remembers so many at least, twice as many at most.
    init(capacity: Int) { self.capacity = capacity }

    subscript(key: Key) -> Value? {
        get {
            state.withLock { state in
                if let value = state.young[key] { return value }
                guard let value = state.old[key] else { return nil }
                keep(value, for: key, in: &state)
                return value
            }
        }
        set {
            guard let newValue else { return }
            state.withLock { keep(newValue, for: key, in: &$0) }
        }
    }

    private func keep(_ value: Value, for key: Key, in state: inout State) {
        if state.young.count >= capacity {
            (state.young, state.old) = ([:], state.young)
            // It will be as large: growing it step by step moves every entry, while others wait.
            state.young.reserveCapacity(capacity)
        }
        state.young[key] = value
    }
}
