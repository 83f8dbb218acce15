/// Why a registry's answer could not be had, or was not accepted.
///
/// The text is safe to show to anyone: it holds no credential, no URL's user part and no query.
public struct CheckFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The name does not resolve, nobody listens, or the connection broke.
        case unreachable
        case timeout
        /// The certificate or the handshake was not acceptable.
        case tls
        /// A private, local or metadata address or an unlisted port, which nobody listed in the settings.
        case forbiddenAddress
        /// Credentials are missing or were refused, or the repository is private or does not exist.
        case unauthorized
        case rateLimited
        /// The registry answered 5xx.
        case serverError
        /// The answer does not fit the distribution specification.
        case badAnswer
        case tooLarge
        /// A redirect that is not followed: too many, to plain HTTP, or to nowhere.
        case redirect
        /// A listing's repository does not exist. (A tag that does not exist is an outcome, not a failure.)
        case notFound
        /// Nothing was asked: the host is being left alone after earlier failures, until `retryAfter` is over.
        case hostPaused
        /// A setting, such as a CA file, cannot be used.
        case configuration
        case cancelled
    }

    public let code: Code
    /// One sentence for people.
    public let detail: String
    /// How long the host wishes, or is, to be left alone.
    public let retryAfter: Duration?

    public init(_ code: Code, _ detail: String, retryAfter: Duration? = nil) {
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    public var description: String { detail }

    /// The same, with words before it that say how it came to that.
    func told(_ context: String) -> CheckFailure {
        code == .cancelled ? self : CheckFailure(code, context + detail, retryAfter: retryAfter)
    }
}
