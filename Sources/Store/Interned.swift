import OCI
import Synchronization

/// Values of which there are few, borne by every row: each text is read once and then known.
final class Interned<Value: Sendable>: Sendable {
    private let known = Mutex<[String: Value]>([:])
    /// Registries make such names up as they like.
    private let limit = 1_000

    func value(of text: String, _ read: (String) -> Value?) -> Value? {
        if let value = known.withLock({ $0[text] }) { return value }
        guard let value = read(text) else { return nil }
        known.withLock {
            if $0.count >= limit { $0.removeAll() }
            $0[text] = value
        }
        return value
    }
}

extension Interned<MediaType> {
    static let mediaTypes = Interned()
}

extension Interned<Platform> {
    static let platforms = Interned()
}

extension Platform {
    init?(stored name: String) {
        guard let platform = Interned.platforms.value(of: name, { Platform(parsing: $0) }) else { return nil }
        self = platform
    }
}
