public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
public import OCI
import Synchronization

/// The one door to the registries: every question goes through it, so that no reference is asked for twice at once and
/// every host has one budget and one backoff.
public final class DigestService: Sendable {
    let configuration: RegistryConfiguration
    let transport: Transport
    let time: TimeSource
    private let tls: [Registry: TLSConfiguration]
    private let lanes = Mutex<[Registry: RegistryLane]>([:])
    private let inFlight = InFlight<TagReference, DigestOutcome>()
    let clouds: CloudLogins
    let bulkMemory = Mutex(BulkMemory())
    let contentInFlight = InFlight<ContentKey, Result<Content, CheckFailure>>()

    /// - Parameters:
    ///   - sharedBudget: what this worker shares with others; nil: each host's budget is this service's own.
    ///   - eventLoopGroup: threads for the connections; nil means the process's shared ones.
    /// - Throws: `SettingError` where a CA file cannot be read.
    public convenience init(
        configuration: RegistryConfiguration, sharedBudget: (any SharedBudget)? = nil,
        eventLoopGroup: (any EventLoopGroup)? = nil, logger: Logger,
        clock: some Clock<Duration> = ContinuousClock()
    ) throws(SettingError) {
        try self.init(
            configuration: configuration, sharedBudget: sharedBudget, eventLoopGroup: eventLoopGroup, logger: logger,
            time: TimeSource(clock), resolver: .system)
    }

    init(
        configuration: RegistryConfiguration, sharedBudget: (any SharedBudget)? = nil,
        eventLoopGroup: (any EventLoopGroup)?, logger: Logger, time: TimeSource, resolver: HostResolver
    ) throws(SettingError) {
        self.time = time
        var rates = [HostPort: Double]()
        var tls = [Registry: TLSConfiguration]()
        for (registry, settings) in configuration.registries {
            if let rate = settings.requestsPerSecond {
                for endpoint in RegistryLane.endpoints(registry, settings, configuration.privateRegistries) {
                    rates[endpoint.origin.hostPort] = rate
                }
                if let bulk = settings.bulkEndpoint.written { rates[bulk.origin.hostPort] = rate }
            }
            tls[registry] = try TLSConfiguration.of(settings)
        }
        self.tls = tls
        transport = Transport(
            configuration: configuration, rates: rates,
            configured: Set(
                configuration.registries.values.flatMap { [$0.endpoint, $0.bulkEndpoint.written] }
                    .compactMap { $0?.origin }),
            sharedBudget: sharedBudget,
            eventLoopGroup: eventLoopGroup ?? NIOSingletons.posixEventLoopGroup, time: time, resolver: resolver,
            logger: logger)
        clouds = CloudLogins(configuration: configuration, transport: transport, time: time)
        var configuration = configuration
        configuration.credentials.append(clouds)
        self.configuration = configuration
    }

    /// What the registry says that the tag points at now.
    ///
    /// Many tasks may ask at once; who asks for a reference that is being asked for gets the same answer.
    ///
    /// - Parameter urgent: a person waits. Our own caution towards a failing host is set aside, its own wish is not.
    public func digest(of reference: TagReference, urgent: Bool = false) async -> DigestOutcome {
        let outcome = await inFlight.value(for: reference) { () async -> DigestOutcome? in
            let outcome = await check(reference, isUrgent: urgent)
            if case .failed(let failure) = outcome, failure.code == .cancelled, Task.isCancelled { return nil }
            return outcome
        }
        return outcome ?? .failed(CheckFailure(.cancelled, "the check was cancelled"))
    }

    /// How long the registry's host is still being left alone; zero means that it may be asked now.
    ///
    /// A worker waits this long instead of failing the registry's tags one by one.
    public func availability(of registry: Registry) -> Duration {
        transport.gate(for: lane(for: registry).hostPort).pause ?? .zero
    }

    /// What is known of a registry's host, for people.
    public func status(of registry: Registry) -> HostStatus {
        let lane = lane(for: registry)
        let status = transport.gate(for: lane.hostPort).status
        return HostStatus(
            registry: registry, host: lane.hostName, requests: status.requests, inFlight: status.inFlight,
            waiting: status.waiting, pausedFor: status.pause, reason: status.reason)
    }

    /// Ends what is under way and closes every connection. Needed before the last reference goes.
    public func shutdown() async throws {
        try await transport.shutdown()
    }

    func lane(for registry: Registry) -> RegistryLane {
        lanes.withLock { lanes in
            if let lane = lanes[registry] { return lane }
            // Visitors can type any number of registries; what was learnt of them can be learnt again.
            if lanes.count >= 4_096 { lanes.removeAll() }
            let lane = RegistryLane(
                registry: registry, settings: configuration.registries[registry], tls: tls[registry],
                configuration: configuration, transport: transport, time: time)
            lanes[registry] = lane
            return lane
        }
    }
}

/// A registry's host: how much it was asked and whether it is being left alone.
public struct HostStatus: Hashable, Sendable {
    public let registry: Registry
    /// Where its API answers.
    public let host: String
    /// Requests sent since the start.
    public let requests: UInt64
    public let inFlight: Int
    /// Requests that wait for the budget or a connection.
    public let waiting: Int
    public let pausedFor: Duration?
    /// Why it was paused last; nil once it answered since.
    public let reason: String?
}
