import AsyncHTTPClient
import NIOCore
import OCI

/// Who may be asked, decided for each request and again for each connection.
///
/// A chain of requests begins at a registry. If the operator listed or configured it, the chain is *trusted*: it may go
/// on to anything else that is listed or configured. If somebody just typed its name, the whole chain is *guarded*:
/// redirects, links and token realms included, it reaches public addresses on port 443 by HTTPS, and nothing else, not
/// even what is listed.
enum Trust: Hashable, Sendable {
    case guarded
    case trusted
    /// Not a chain: one request to a place that the operator's environment names, such as a metadata server. Given by
    /// `CloudDoor` alone.
    case operators
}

struct ConnectionPolicy: Sendable {
    let privateRegistries: PrivateRegistries
    /// Origins of the endpoints in the settings.
    let configured: Set<Origin>

    /// Which client a request must take.
    ///
    /// - Parameter chain: what the request's chain began as.
    func admit(_ origin: Origin, in chain: Trust) throws(CheckFailure) -> Trust {
        if chain == .operators { return .trusted }
        if chain == .trusted {
            if configured.contains(origin) { return .trusted }
            if privateRegistries.contains(origin) {
                guard origin.scheme == .https || PrivateRegistries.isLoopback(origin.host) else {
                    throw CheckFailure(
                        .forbiddenAddress,
                        "\(origin.host):\(origin.port) is asked by HTTPS only: plain HTTP needs an endpoint in the settings"
                    )
                }
                return .trusted
            }
        }
        guard origin.scheme == .https else {
            throw CheckFailure(
                .forbiddenAddress, "\(origin.host) would have to be asked by plain HTTP, which is not allowed")
        }
        guard origin.port == 443 else {
            throw CheckFailure(
                .forbiddenAddress,
                "port \(origin.port) of \(origin.host) is not allowed; the operator can list it in TAGBEAT_PRIVATE_REGISTRIES"
            )
        }
        return .guarded
    }

    static func privateAddress(_ host: String) -> CheckFailure {
        CheckFailure(
            .forbiddenAddress,
            "\(host) is a private, local or reserved address; the operator can list it in TAGBEAT_PRIVATE_REGISTRIES")
    }
}

/// A connection that was made to an address that is not public.
struct ForbiddenAddressError: Error {}

enum HTTPClients {
    /// What both clients share: HTTP/1.1, no redirects of their own, no cookies.
    static func configuration(_ settings: RegistryConfiguration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout.connect = TimeAmount(settings.timeouts.connect)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, settings.connectionsPerHost)
        // Below the minute after which many servers close.
        configuration.connectionPool.idleTimeout = .seconds(30)
        // A refused connection is an answer; whether to try again is the backoff's decision.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// The client that refuses every connection to an address or port that is not allowed to anybody.
    ///
    /// The check sees the connected channel before the first byte of a request is written to it.
    static func guarded(_ settings: RegistryConfiguration) -> HTTPClient.Configuration {
        var configuration = configuration(settings)
        let check: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard AddressRules.isPublic(channel.remoteAddress), channel.remoteAddress?.port == 443 else {
                // AsyncHTTPClient leaves a refused connection open, so it is closed here.
                channel.close(promise: nil)
                return channel.eventLoop.makeFailedFuture(ForbiddenAddressError())
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        configuration.http1_1ConnectionDebugInitializer = check
        configuration.http2ConnectionDebugInitializer = check
        return configuration
    }
}
