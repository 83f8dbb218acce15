public import OCI
import Synchronization

/// How many requests were sent to a host on behalf of a registry, and for what.
public struct RequestCount: Hashable, Sendable {
    public let registry: Registry
    /// Host and port.
    public let host: String
    public let purpose: RequestPurpose
    public let count: Int
}

/// Counts requests until somebody writes them down.
final class RequestLedger: Sendable {
    private struct Key: Hashable {
        let registry: Registry?
        let host: HostPort
        let purpose: RequestPurpose
    }

    private let counts = Mutex<[Key: Int]>([:])

    func count(_ question: HTTPQuestion) {
        let key = Key(registry: question.registry, host: question.url.origin.hostPort, purpose: question.purpose)
        counts.withLock { $0[key, default: 0] += 1 }
    }

    /// Everything counted since the last time.
    func take() -> [RequestCount] {
        let taken = counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
        return taken.compactMap { key, count in
            guard let registry = key.registry ?? (try? Registry(parsing: key.host.description)) else { return nil }
            return RequestCount(registry: registry, host: key.host.description, purpose: key.purpose, count: count)
        }
    }
}

extension DigestService {
    /// Requests sent since this was asked the last time, so that who asks can write them down.
    public func takeRequestCounts() -> [RequestCount] { transport.ledger.take() }
}
