import Dispatch
import NIOCore
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Looks a name up before anything is sent, so that not even a TLS greeting goes to a private address.
///
/// It is the first of two checks. The second looks at the address that was really connected to, and holds also where a
/// name resolves differently the second time.
struct HostResolver: Sendable {
    /// All addresses of a host; empty where there are none.
    let addresses: @Sendable (_ host: String) async -> [SocketAddress]

    /// The system's resolver. Its calls block, so they run on threads of their own.
    static let system = HostResolver { host in
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: lookUp(host)) }
        }
    }

    private static let queue = DispatchQueue(label: "tagbeat.resolver", attributes: .concurrent)

    private static func lookUp(_ host: String) -> [SocketAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var result = [SocketAddress]()
        var next = first
        while let entry = next, result.count < 64 {
            if let address = socketAddress(entry.pointee) { result.append(address) }
            next = entry.pointee.ai_next
        }
        return result
    }

    private static func socketAddress(_ entry: addrinfo) -> SocketAddress? {
        guard let raw = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case AF_INET6:
            return raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default: return nil
        }
    }
}

/// Remembers for a while which hosts resolved to public addresses alone.
final class ResolvedHosts: Sendable {
    enum Verdict: Sendable {
        case isPublic
        /// At least one address is not public: such a name is refused as a whole.
        case isForbidden
        case unknownHost
        case timedOut
    }

    private static let lifetime: Duration = .seconds(30)
    private static let most = 10_000

    private let resolver: HostResolver
    private let time: TimeSource
    private let timeout: Duration
    private let known = Mutex<[String: Duration]>([:])
    /// Names that are not known here, where a proxy may know them.
    private let unknown = Mutex<[String: Duration]>([:])
    private let inFlight = InFlight<String, Verdict>()

    init(resolver: HostResolver, time: TimeSource, timeout: Duration) {
        self.resolver = resolver
        self.time = time
        self.timeout = timeout
    }

    /// - Returns: nil where the task was cancelled.
    func verdict(_ host: String) async -> Verdict? {
        let now = time.now()
        if known.withLock({ $0[host].map { now < $0 } ?? false }) { return .isPublic }
        return await inFlight.value(for: host) {
            let verdict = await look(host)
            if case .isPublic? = verdict {
                known.withLock { known in
                    if known.count >= Self.most { known.removeAll() }
                    known[host] = now + Self.lifetime
                }
            }
            return verdict
        }
    }

    /// The same where a proxy asks: that a name is not known here is remembered too, for behind a proxy few are, and each
    /// look may cost the whole timeout.
    func verdictForProxy(_ host: String) async -> Verdict? {
        let now = time.now()
        if unknown.withLock({ $0[host].map { now < $0 } ?? false }) { return .unknownHost }
        let verdict = await verdict(host)
        switch verdict {
        case .unknownHost, .timedOut:
            unknown.withLock { unknown in
                if unknown.count >= Self.most { unknown.removeAll() }
                unknown[host] = now + Self.lifetime * 10
            }
        default: break
        }
        return verdict
    }

    private func look(_ host: String) async -> Verdict? {
        await withTaskGroup(of: Verdict?.self) { group in
            // Detached from the group's end: getaddrinfo cannot be interrupted, and nobody may wait for it.
            let answer = AsyncStream<Verdict>.makeStream()
            Task { [resolver] in
                let addresses = await resolver.addresses(host)
                answer.continuation.yield(
                    addresses.isEmpty
                        ? .unknownHost : addresses.allSatisfy(AddressRules.isPublic) ? .isPublic : .isForbidden)
                answer.continuation.finish()
            }
            group.addTask { await answer.stream.first { _ in true } }
            group.addTask { [time, timeout] in
                do {
                    try await time.sleep(timeout)
                    return .timedOut
                } catch {
                    return nil
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
