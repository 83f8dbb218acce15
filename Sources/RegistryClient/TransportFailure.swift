import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// No headers within their time.
struct HeaderTimeoutError: Error {}

extension CheckFailure {
    /// What a broken exchange with `host` means, in words that hold nothing of the request.
    init(transport error: any Error, host: String, timeouts: RegistryConfiguration.Timeouts) {
        switch error {
        case let failure as CheckFailure: self = failure
        case is ForbiddenAddressError: self = ConnectionPolicy.privateAddress(host)
        case let error as BodyTooLargeError:
            self.init(.tooLarge, "\(host) answered with more than \(Self.size(error.limit))")
        case is HeaderTimeoutError:
            self.init(.timeout, "\(host) did not answer within \(timeouts.header.text)")
        case let error as HTTPClientError: self.init(client: error, host: host, timeouts: timeouts)
        case HTTPParserError.invalidEOFState:
            self.init(.unreachable, "\(host) broke off in the middle of its answer")
        case HTTPParserError.headerOverflow: self.init(.tooLarge, "\(host) answered with headers that are too long")
        case is HTTPParserError: self.init(.badAnswer, "\(host) did not answer in HTTP")
        case let error as NIOConnectionError: self.init(connection: error, host: host, timeouts: timeouts)
        case let error as IOError:
            self.init(.unreachable, "\(host) cannot be reached: \(Self.text(error))")
        case ChannelError.connectTimeout:
            self.init(.timeout, "no connection to \(host) within \(timeouts.connect.text)")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self.init(.tls, "no secure connection to \(host): \(Self.tlsReason(error))")
        case is CancellationError: self.init(.cancelled, "the check was cancelled")
        default: self.init(.unreachable, "the connection to \(host) broke")
        }
    }

    private init(client error: HTTPClientError, host: String, timeouts: RegistryConfiguration.Timeouts) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout:
            self.init(.timeout, "no connection to \(host) within \(timeouts.connect.text)")
        case .tlsHandshakeTimeout:
            self.init(.timeout, "no secure connection to \(host) within \(timeouts.connect.text)")
        case .deadlineExceeded, .readTimeout:
            self.init(.timeout, "\(host) did not answer in full within \(timeouts.whole.text)")
        case .cancelled, .alreadyShutdown: self.init(.cancelled, "the check was cancelled")
        case .remoteConnectionClosed, .uncleanShutdown:
            self.init(.unreachable, "\(host) closed the connection without an answer")
        case .proxyAuthenticationRequired:
            self.init(.unreachable, "the proxy on the way to \(host) wants another login than the one that is set")
        case .invalidProxyResponse, .invalidProxyConfiguration:
            self.init(.unreachable, "the proxy refuses the way to \(host)")
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
            self.init(.timeout, "the proxy did not lead to \(host) within \(timeouts.connect.text)")
        case .invalidURL, .emptyHost: self.init(.badAnswer, "\(host) led to an address that cannot be asked")
        default: self.init(.badAnswer, "\(host) did not answer in HTTP as it should: \(error.shortDescription)")
        }
    }

    private init(connection error: NIOConnectionError, host: String, timeouts: RegistryConfiguration.Timeouts) {
        if error.connectionErrors.isEmpty {
            self.init(.unreachable, "the name \(host) does not resolve")
        } else if let reason = error.connectionErrors.compactMap({ $0.error as? IOError }).first {
            self.init(.unreachable, "\(host) cannot be reached: \(Self.text(reason))")
        } else {
            self.init(.timeout, "no connection to \(host) within \(timeouts.connect.text)")
        }
    }

    private static func size(_ bytes: Int) -> String {
        for (unit, size) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= size && bytes % size == 0 {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes) bytes"
    }

    private static func text(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE: "connection reset"
        case EHOSTUNREACH: "no route to host"
        case ENETUNREACH: "network unreachable"
        case ETIMEDOUT: "connection timed out"
        case EADDRNOTAVAIL: "no address available"
        case EMFILE, ENFILE: "too many open files"
        default: "error \(error.errnoCode)"
        }
    }

    private static func tlsReason(_ error: any Error) -> String {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "the certificate is for another name"
        }
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the certificate is not trusted" }
        if text.contains("CERTIFICATE_REQUIRED") { return "it wants to be shown a client certificate" }
        if text.contains("WRONG_VERSION_NUMBER") { return "the other side does not speak TLS" }
        if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError { return "the connection was cut" }
        return "the handshake failed"
    }
}
