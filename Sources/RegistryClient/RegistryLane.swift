import NIOHTTP1
import NIOSSL
import OCI
import Synchronization

/// One registry as it is asked: where its API answers, how it is authorised, what chain its requests begin.
final class RegistryLane: Sendable {
    let registry: Registry
    let trust: Trust
    let authenticator: Authenticator
    /// Where the API may answer, the likelier first: a listed loopback registry may speak HTTP or HTTPS.
    private let endpoints: [Endpoint]
    /// Which one answered.
    private let settled: Mutex<Int?>
    private let transport: Transport
    let tls: TLSConfiguration?
    private let userAgent: String

    init(
        registry: Registry, settings: RegistrySettings?, tls: TLSConfiguration?, configuration: RegistryConfiguration,
        transport: Transport, time: TimeSource
    ) {
        self.registry = registry
        self.transport = transport
        self.tls = tls
        userAgent = configuration.userAgent
        endpoints = Self.endpoints(registry, settings, configuration.privateRegistries)
        settled = Mutex(endpoints.count == 1 ? 0 : nil)
        let isListed = endpoints.contains { configuration.privateRegistries.contains($0.origin) }
        trust = settings?.endpoint != nil || isListed ? .trusted : .guarded
        authenticator = Authenticator(
            registry: registry, settings: settings?.credentials, configuration: configuration, trust: trust, tls: tls,
            origins: Set(endpoints.map(\.origin)), transport: transport, time: time)
    }

    /// Docker Hub's API answers at another host than its name. https://github.com/distribution/reference
    static func endpoints(
        _ registry: Registry, _ settings: RegistrySettings?, _ listed: PrivateRegistries
    ) -> [Endpoint] {
        if let endpoint = settings?.endpoint { return [endpoint] }
        var host = registry == .dockerHub ? "registry-1.docker.io" : registry.host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let secure = Endpoint(origin: Origin(scheme: .https, host: host, port: registry.port ?? 443))
        let plain = Endpoint(origin: Origin(scheme: .http, host: host, port: registry.port ?? 80))
        // With a CA file the operator has said that it speaks TLS.
        guard PrivateRegistries.isLoopback(host), listed.contains(plain.origin), settings?.caFile == nil else {
            return [secure]
        }
        return listed.contains(secure.origin) ? [plain, secure] : [plain]
    }

    /// Where its API answers, or is looked for first.
    var endpoint: Endpoint { endpoints[settled.withLock { $0 } ?? 0] }

    /// The host whose budget and backoff count for this registry.
    var hostPort: HostPort { endpoint.origin.hostPort }

    /// Whether it is asked where its name says, and not at a mirror.
    var isAtUsualPlace: Bool {
        endpoint.origin == Self.endpoints(registry, nil, PrivateRegistries()).first?.origin
    }

    /// Whether this origin is the registry's own, which may be shown what is set for the registry.
    func owns(_ origin: Origin) -> Bool { endpoints.contains { $0.origin == origin } }

    /// As failures name it.
    var hostName: String { endpoint.origin.name }

    /// Asks for something below `/v2/`, with authorization as the registry demands it.
    ///
    /// - Parameter target: path and query after the endpoint's own path, beginning with `/v2/`.
    func ask(
        _ method: HTTPMethod, _ target: String, of repository: Repository, accept: String, limit: Int, isUrgent: Bool,
        purpose: RequestPurpose
    ) async throws(CheckFailure) -> FollowedAnswer {
        if let index = settled.withLock({ $0 }) {
            let endpoint = endpoints[index]
            let url = RemoteURL(origin: endpoint.origin, target: endpoint.path + target)
            return try await ask(
                method, url, of: repository, accept: accept, limit: limit, isUrgent: isUrgent, purpose: purpose)
        }
        return try await probe { endpoint throws(CheckFailure) in
            let url = RemoteURL(origin: endpoint.origin, target: endpoint.path + target)
            return try await self.ask(
                method, url, of: repository, accept: accept, limit: limit, isUrgent: isUrgent, purpose: purpose)
        }
    }

    /// Asks a URL of this registry's origin, such as the next page's.
    ///
    /// - Parameter action: what the repository's token must allow.
    func ask(
        _ method: HTTPMethod, _ url: RemoteURL, of repository: Repository, action: String = "pull", accept: String,
        limit: Int, isUrgent: Bool, purpose: RequestPurpose
    ) async throws(CheckFailure) -> FollowedAnswer {
        // Only the registry's own origin is ever shown anything.
        let isOwn = owns(url.origin)
        let scope = Authenticator.scope(repository.path, action)
        let shown = isOwn ? try await authenticator.header(for: scope, isUrgent: isUrgent) : nil
        var question = HTTPQuestion(
            method: method, url: url, headers: ["User-Agent": userAgent, "Accept": accept], bodyLimit: limit,
            trust: trust, tls: tls, isUrgent: isUrgent, purpose: purpose, registry: registry)
        if let shown { question.headers.add(name: "Authorization", value: shown.text) }
        let first = try await transport.follow(question)
        // A challenge of a host that a redirect led to is not the registry's own: nothing is shown to it.
        guard isOwn, first.url.origin == url.origin, first.answer.wantsAuthorization else { return first }
        let challenges = Challenge.parse(first.answer.headers["WWW-Authenticate"])
        return try await authenticator.ask(
            question, answering: challenges, for: scope, rejected: shown)
    }

    /// Nobody listening on one port says nothing of the other.
    private var hasTwoPorts: Bool { Set(endpoints.map(\.origin.port)).count > 1 }

    /// Finds out which of two endpoints answers, and remembers it.
    private func probe(
        _ ask: (Endpoint) async throws(CheckFailure) -> FollowedAnswer
    ) async throws(CheckFailure) -> FollowedAnswer {
        let plain: Result<FollowedAnswer, CheckFailure>
        do throws(CheckFailure) {
            plain = .success(try await ask(endpoints[0]))
        } catch {
            plain = .failure(error)
        }
        switch plain {
        // A TLS server answers plain HTTP with 400, with bytes that are no HTTP, or not at all.
        case .success(let found) where found.answer.status != 400:
            settled.withLock { $0 = 0 }
            return found
        case .failure(let failure) where failure.code != .badAnswer && !(failure.code == .unreachable && hasTwoPorts):
            throw failure
        default: break
        }
        do throws(CheckFailure) {
            let found = try await ask(endpoints[1])
            settled.withLock { $0 = 1 }
            return found
        } catch {
            // A certificate that is not trusted is worth telling; that there is no TLS at all is not.
            if error.code == .tls, case .success = plain { throw error }
            return try plain.get()
        }
    }
}

extension HTTPAnswer {
    /// 401, or a 403 that names the scope that is missing.
    fileprivate var wantsAuthorization: Bool {
        status == 401 || (status == 403 && headers["WWW-Authenticate"].contains { $0.contains("insufficient_scope") })
    }
}
