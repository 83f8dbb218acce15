import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCI
import Synchronization

struct HTTPQuestion: Sendable {
    var method: HTTPMethod = .GET
    var url: RemoteURL
    var headers: HTTPHeaders
    var body: ByteBuffer?
    /// Bytes.
    var bodyLimit: Int
    /// What the chain began as.
    var trust: Trust
    var tls: TLSConfiguration?
    /// A person waits for the answer.
    var isUrgent = false
    var purpose = RequestPurpose.check
    /// On whose behalf.
    var registry: Registry?
}

/// Sends one request after the guards, the host's budget and backoff let it through, within bounds of time and size.
final class Transport: Sendable {
    let policy: ConnectionPolicy
    let timeouts: RegistryConfiguration.Timeouts
    private let configuration: RegistryConfiguration
    private let rates: [HostPort: Double]
    private let guarded: HTTPClient
    private let trusted: HTTPClient
    private let proxied: [Proxy: HTTPClient]
    private let resolved: ResolvedHosts
    private let time: TimeSource
    private let logger: Logger
    private let gates = Mutex<[HostPort: HostGate]>([:])
    private let isDown = Mutex(false)
    private let sharedBudget: (any SharedBudget)?
    let ledger = RequestLedger()

    init(
        configuration: RegistryConfiguration, rates: [HostPort: Double], configured: Set<Origin>,
        sharedBudget: (any SharedBudget)?,
        eventLoopGroup: any EventLoopGroup, time: TimeSource, resolver: HostResolver, logger: Logger
    ) {
        self.configuration = configuration
        self.rates = rates
        self.sharedBudget = sharedBudget
        self.time = time
        self.logger = logger
        timeouts = configuration.timeouts
        policy = ConnectionPolicy(privateRegistries: configuration.privateRegistries, configured: configured)
        resolved = ResolvedHosts(resolver: resolver, time: time, timeout: configuration.timeouts.connect)
        guarded = HTTPClient(
            eventLoopGroupProvider: .shared(eventLoopGroup), configuration: HTTPClients.guarded(configuration))
        trusted = HTTPClient(
            eventLoopGroupProvider: .shared(eventLoopGroup), configuration: HTTPClients.configuration(configuration))
        proxied = Dictionary(
            uniqueKeysWithValues: configuration.proxies.all.map { proxy in
                var settings = HTTPClients.configuration(configuration)
                settings.proxy = proxy.configuration
                return (proxy, HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: settings))
            })
    }

    /// Fails what is under way and closes every connection; a second call does nothing.
    func shutdown() async throws {
        let isFirst = isDown.withLock { isDown in
            defer { isDown = true }
            return !isDown
        }
        guard isFirst else { return }
        for gate in gates.withLock({ Array($0.values) }) { gate.close() }
        try await guarded.shutdown()
        try await trusted.shutdown()
        for client in proxied.values { try await client.shutdown() }
    }

    func gate(for hostPort: HostPort) -> HostGate {
        gates.withLock { gates in
            if let gate = gates[hostPort] { return gate }
            // Visitors can type any number of hosts: those that nothing is known of are dropped.
            if gates.count >= 4_096 { gates = gates.filter { !$0.value.isIdle } }
            let host = hostPort.port == 443 ? hostPort.host : hostPort.description
            let gate = HostGate(
                host: hostPort.description, name: host,
                requestsPerSecond: rates[hostPort] ?? configuration.requestsPerSecond,
                maximumInFlight: configuration.connectionsPerHost, shared: sharedBudget,
                trialLength: timeouts.connect + timeouts.whole + .seconds(10), time: time
            ) { [logger] notice in
                switch notice {
                case .paused(let pause, let reason):
                    // Whoever asks is told the reason and says it in words of its own.
                    logger.debug(
                        "registry host is being left alone",
                        metadata: ["host": "\(host)", "for": "\(pause.text)", "reason": "\(reason)"])
                case .answers: logger.debug("registry host answers again", metadata: ["host": "\(host)"])
                }
            }
            gates[hostPort] = gate
            return gate
        }
    }

    func send(_ question: HTTPQuestion) async throws(CheckFailure) -> HTTPAnswer {
        let origin = question.url.origin
        let trust = try policy.admit(origin, in: question.trust)
        let gate = gate(for: origin.hostPort)
        let permit: HostGate.Permit
        do {
            permit = try await gate.enter(
                GateRequest(
                    isUrgent: question.isUrgent, purpose: question.purpose, spends: question.method != .HEAD))
        } catch {
            throw CheckFailure(transport: error, host: origin.name, timeouts: timeouts)
        }
        ledger.count(question)
        do {
            let client = try await client(for: origin, trust)
            let answer = try await exchangeAgainIfInVain(question, with: client)
            gate.leave(permit, verdict(on: answer, host: origin.name), quota: Self.quota(in: answer, to: question))
            return answer
        } catch {
            let failure = failure(error, at: origin)
            gate.leave(permit, Self.verdict(on: failure))
            throw failure
        }
    }

    /// Where a proxy stands on the way, what could not be connected to is the proxy.
    private func failure(_ error: any Error, at origin: Origin) -> CheckFailure {
        guard error is NIOConnectionError, let proxy = configuration.proxies.proxy(for: origin) else {
            return CheckFailure(transport: error, host: origin.name, timeouts: timeouts)
        }
        return CheckFailure(transport: error, host: "\(proxy.host):\(proxy.port)", timeouts: timeouts)
            .told("the proxy on the way to \(origin.name): ")
    }

    private func client(for origin: Origin, _ trust: Trust) async throws(CheckFailure) -> HTTPClient {
        if let proxy = configuration.proxies.proxy(for: origin), let client = proxied[proxy] {
            if trust == .guarded { try await resolved.admitThroughProxy(origin.host) }
            return client
        }
        return trust == .trusted ? trusted : try await guardedClient(origin)
    }

    /// The client that checks connections, after a look at what the name resolves to.
    private func guardedClient(_ origin: Origin) async throws(CheckFailure) -> HTTPClient {
        switch await resolved.verdict(origin.host) {
        case .isPublic: return guarded
        case .isForbidden: throw ConnectionPolicy.privateAddress(origin.host)
        case .unknownHost: throw CheckFailure(.unreachable, "the name \(origin.host) does not resolve")
        case .timedOut:
            throw CheckFailure(.timeout, "the name \(origin.host) did not resolve within \(timeouts.connect.text)")
        case nil: throw CheckFailure(.cancelled, "the check was cancelled")
        }
    }

    /// One more request is made where a kept connection was closed by the other side just as the first went out on it,
    /// and where this process stood still meanwhile, suspended or with its machine: then nobody knows how old an answer
    /// is, and whether a time-out was the other side's.
    private func exchangeAgainIfInVain(_ question: HTTPQuestion, with client: HTTPClient) async throws -> HTTPAnswer {
        guard question.method != .POST else { return try await exchange(question, with: client) }
        let start = time.now()
        var stoodStill: Bool { time.now() - start > limit(of: question) + Self.slack }
        do {
            let answer = try await exchange(question, with: client)
            if !stoodStill { return answer }
        } catch {
            guard stoodStill || error as? HTTPClientError == .remoteConnectionClosed, !Task.isCancelled else {
                throw error
            }
        }
        if stoodStill { ledger.count(question) }
        return try await exchange(question, with: client)
    }

    /// A busy machine may take so much longer than the deadline.
    private static let slack: Duration = .seconds(3)

    /// An answer to HEAD is its headers, so one deadline is enough.
    private func limit(of question: HTTPQuestion) -> Duration {
        question.method == .HEAD ? min(timeouts.header, timeouts.whole) : timeouts.whole
    }

    private func exchange(_ question: HTTPQuestion, with client: HTTPClient) async throws -> HTTPAnswer {
        let request = try HTTPClient.Request(
            url: question.url.text, method: question.method, headers: question.headers,
            body: question.body.map { .byteBuffer($0) }, tlsConfiguration: question.tls)
        let collector = BoundedAnswer(method: question.method, limit: question.bodyLimit)
        let isHead = question.method == .HEAD
        let deadline = NIODeadline.now() + TimeAmount(limit(of: question))
        let task = client.execute(request: request, delegate: collector, deadline: deadline)
        var headerTimer: Scheduled<Void>?
        if !isHead, timeouts.header < timeouts.whole {
            headerTimer = task.eventLoop.scheduleTask(in: TimeAmount(timeouts.header)) {
                if !collector.hasHead { task.fail(reason: HeaderTimeoutError()) }
            }
        }
        defer { headerTimer?.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await task.futureResult.get()
            } onCancel: {
                task.cancel()
            }
        } catch let error as HTTPClientError where isHead && error == .deadlineExceeded {
            throw HeaderTimeoutError()
        }
    }
}

extension HostGate {
    fileprivate var isIdle: Bool {
        let status = status
        return status.inFlight == 0 && status.waiting == 0 && status.pause == nil
    }
}

// MARK: What an exchange says of its host

extension Transport {
    private func verdict(on answer: HTTPAnswer, host: String) -> HostGate.Verdict {
        switch answer.status {
        case 429:
            return .failed(.patience(answer.retryAfter), reason: "\(host) answered 429 (too many requests)")
        case 503:
            return .failed(answer.retryAfter.map { .patience($0) } ?? .trouble, reason: "\(host) answered 503")
        case 500...: return .failed(.trouble, reason: "\(host) answered \(answer.status)")
        default: return .good
        }
    }

    /// Docker Hub sends no quota to those who have none. Challenges, errors and listings carry none in any case.
    private static func quota(in answer: HTTPAnswer, to question: HTTPQuestion) -> QuotaWord {
        if let quota = Quota(headers: answer.headers, now: .now()) { return .seen(quota) }
        let isManifest = question.purpose == .check || question.purpose == .content
        return answer.status == 200 && isManifest ? .none : .silent
    }

    private static func verdict(on failure: CheckFailure) -> HostGate.Verdict {
        switch failure.code {
        case .unreachable, .timeout, .tls: .failed(.trouble, reason: failure.detail)
        case .cancelled: .unknown
        // The host did answer; what, is between it and the one who asked.
        default: .good
        }
    }
}
