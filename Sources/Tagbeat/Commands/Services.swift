import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import OCI
import RegistryClient
import Scraper
import ServiceLifecycle
import Store
import TagHistory
import UnixSignals
import Web

struct Run: AsyncParsableCommand, ServiceCommand {
    var isService: Bool { true }

    static let configuration = CommandConfiguration(
        abstract: "Start everything: worker, web page and, without DATABASE_URL, a private PostgreSQL.",
        discussion: "Stop it with Ctrl-C. An empty database begins with a short list of well-known images.")

    @OptionGroup(title: "Settings") var options: ServiceOptions

    func run() async throws { try await Services.run(options, worker: true, web: true) }
}

struct Serve: AsyncParsableCommand, ServiceCommand {
    var isService: Bool { true }

    static let configuration = CommandConfiguration(
        abstract: "Serve the web page and the API only; checks are left to `tagbeat scrape` elsewhere.")

    @OptionGroup(title: "Settings") var options: ServiceOptions

    func run() async throws { try await Services.run(options, worker: false, web: true) }
}

struct Scrape: AsyncParsableCommand, ServiceCommand {
    var isService: Bool { !once }

    static let configuration = CommandConfiguration(
        abstract: "Check tags only; several workers share the work.",
        discussion: "With --once: check what is due now, print how the checks ended, and exit.")

    @OptionGroup(title: "Settings") var options: ServiceOptions
    @Flag(help: "Check every tag that is due now, once, and exit.") var once = false
    @Flag(help: "Print the outcome of --once as JSON.") var json = false

    func run() async throws {
        guard once else { return try await Services.run(options, worker: true, web: false) }
        try await Session.with(options) { session in
            let worker = try Services.worker(session)
            let start = ContinuousClock.now
            let counts = try await worker.worker.runOnce { counts in
                Console.progress("\(counts.values.reduce(0, +)) tags checked")
            }
            Console.endProgress()
            let paused = counts.isEmpty ? try await session.store.lanes(at: .now()).map(\.registry) : []
            let waiting = paused.map { worker.digests.status(of: $0) }.first { $0.pausedFor != nil }
            try await worker.digests.shutdown()
            if let waiting {
                let reason = waiting.reason.map { ": \($0)" } ?? ""
                throw Failure("nothing was checked: \(waiting.registry) is being left alone\(reason)")
            }
            try report(counts, seconds: (.now - start) / .seconds(1))
        }
    }

    private func report(_ counts: [CheckOutcome: Int], seconds: Double) throws {
        if json {
            var values = Dictionary(
                uniqueKeysWithValues: CheckOutcome.allCases.map { ($0.name, Double(counts[$0] ?? 0)) })
            values["seconds"] = seconds
            try Console.print(Console.json(values))
        } else if counts.isEmpty {
            try Console.print("Nothing was due.")
        } else {
            let parts = CheckOutcome.allCases.compactMap { outcome in counts[outcome].map { "\($0) \(outcome.name)" } }
            let all = counts.values.reduce(0, +)
            try Console.print(
                "Checked \(Console.count(all, "tag")) in \(String(format: "%.1f", seconds)) s: \(parts.joined(separator: ", "))."
            )
        }
        if let failed = counts[.failed], failed == counts.values.reduce(0, +) {
            throw Failure("every check failed; `tagbeat list --state failing` shows why")
        }
    }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date.",
        discussion: "The other commands do so themselves; this one is for deployments that want it as a step.")

    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        try await Session.with(options, migrating: false) { session in
            let names = try await session.store.migrate()
            try Console.print(names.isEmpty ? "The schema is up to date." : "Applied \(names.joined(separator: ", ")).")
        }
    }
}

enum Services {
    static func run(_ options: any SettingFlags, worker runsWorker: Bool, web runsWeb: Bool) async throws {
        try await Session.with(options) { session in
            var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
            let store = session.store
            services.append(.init(service: LoopService { await store.listen() }))
            if let cluster = session.cluster {
                services.append(.init(service: LoopService { await cluster.keepAlive() }))
            }
            var digests: DigestService?
            if runsWorker {
                let isPlanted = try await plantStarter(session)
                let worker = try worker(session, isPlanted: isPlanted)
                digests = worker.digests
                services.append(.init(service: worker.worker))
            }
            if runsWeb { services.append(.init(service: try webService(session))) }
            var configuration = ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(session.logger))
            // A request or a check that does not end within this is given up.
            configuration.maximumGracefulShutdownDuration = .seconds(8)
            let result = await Result(of: { try await ServiceGroup(configuration: configuration).run() })
            try await digests?.shutdown()
            try result.get()
        }
    }

    /// - Returns: whether this is the beginning.
    private static func plantStarter(_ session: Session) async throws -> Bool {
        guard session.settings.starter != .off else { return false }
        let count = try await Starter.plant(in: session.store, at: .now())
        if count > 0 { session.logger.info("tracking \(count) well-known images to begin with") }
        return count > 0
    }

    /// - Parameter isPlanted: the database was empty a moment ago.
    static func worker(_ session: Session, isPlanted: Bool = false) throws -> (worker: Worker, digests: DigestService) {
        let settings = session.settings
        let digests = try DigestService(
            configuration: try settings.registryConfiguration(environment: ProcessInfo.processInfo.environment),
            sharedBudget: StoredBudget(session.store), logger: session.logger)
        let interval = settings.checkInterval.map { $0 / .seconds(1) }
        var work = WorkerSettings(
            name: "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)",
            policy: interval.map { .fixed(interval: $0) } ?? .adaptive)
        if isPlanted, settings.starter == .popular { work.popularImages = Starter.popularImages }
        work.followed = settings.repositories.map {
            FollowedSelection(repository: $0.repository, selection: $0.selection)
        }
        work.maxTracked = settings.maxTracked
        work.retireUnviewed = settings.retireUnviewed / .seconds(1)
        // Whoever wants everything looked at often wants new tags soon.
        work.listingInterval = max(1, min(work.listingInterval, interval ?? work.listingInterval))
        let worker = Worker(store: session.store, digests: digests, settings: work, logger: session.logger)
        return (worker, digests)
    }

    private static func webService(_ session: Session) throws -> some Service {
        let settings = session.settings
        var web = WebSettings()
        web.publicTracking = settings.publicTracking
        web.adminToken = settings.adminToken?.revealed
        web.maxTracked = settings.maxTracked
        web.publicURL = settings.publicURL
        web.trustedProxies = settings.trustedProxies.map(\.description)
        if let presets = settings.presets { web.presets = presets.map { Preset(name: $0.name, images: $0.images) } }
        web.version = Version.current
        let registries = try settings.registryConfiguration(environment: ProcessInfo.processInfo.environment)
        web.refusal = { registries.refusal(of: $0) }
        let application = try WebApplication(store: session.store, settings: web, logger: quiet(session.logger))
        let listen = settings.listen
        return NamedFailure(
            service: application.buildApplication(host: listen.host, port: listen.port) { port in
                let host = listen.host.contains(":") ? "[\(listen.host)]" : listen.host
                // Flushed at once, also into a pipe: whoever started us waits for this line.
                print("Tagbeat is at http://\(host):\(port)/")
                fflush(nil)
            }
        ) { error in
            guard let error = error as? IOError else { return nil }
            return Failure(
                "cannot listen at \(listen): \(String(cString: strerror(error.errnoCode))); "
                    + "choose another address with --listen or TAGBEAT_LISTEN")
        }
    }

    /// The libraries' own start and stop messages are for those who debug them.
    static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return logger.logLevel <= .debug ? logger : quiet
    }
}

/// A service whose errors are told in words.
struct NamedFailure<Inner: Service>: Service {
    let service: Inner
    let explain: @Sendable (any Error) -> Failure?

    init(service: Inner, explain: @escaping @Sendable (any Error) -> Failure?) {
        self.service = service
        self.explain = explain
    }

    func run() async throws {
        do { try await service.run() } catch { throw explain(error) ?? error }
    }
}

/// A loop that lives as long as the program.
struct LoopService: Service {
    let body: @Sendable () async -> Void
    func run() async { await cancelWhenGracefulShutdown { await body() } }
}
