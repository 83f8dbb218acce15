public import Logging
public import OCI
public import RegistryClient
public import ServiceLifecycle
public import Store
import Synchronization

/// The one part that asks registries: claims due tags lane by lane, checks them, records what came of it.
///
/// Lanes run side by side, so a registry that fails or dawdles holds up no other. Requested checks overtake the queue.
public final class Worker: Service {
    let store: TagStore
    let digests: DigestService
    let settings: WorkerSettings
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    let health: LaneHealth
    let listings = ListingMemory()
    /// Repositories that this worker has just listed and whose past it asks for first.
    let listed = Mutex<[Int32]>([])
    let needsPopular: Mutex<Bool>
    let book: RequestBook

    /// Seconds between looks at the queue when nobody signals work.
    private static let idleLook = 5.0
    /// Seconds between looks while something is due, which may be what another worker claimed and died with.
    private static let busyLook = 1.0

    public init(
        store: TagStore, digests: DigestService, settings: WorkerSettings,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now, logger: Logger
    ) {
        self.store = store
        self.digests = digests
        self.settings = settings
        self.clock = clock
        self.logger = logger
        needsPopular = Mutex(settings.popularImages > 0)
        health = LaneHealth(logger: logger)
        book = RequestBook(store: store, digests: digests, clock: clock, logger: logger)
    }

    /// Works until graceful shutdown or cancellation; survives a database that goes away and comes back.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskCancellationHandler {
                while !Task.isCancelled {
                    do { try await work() } catch {
                        health.databaseFailed(error)
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
            } onCancel: {
                health.stop()
            }
            await book.close()
        }
    }

    /// One session with the database: until it is lost or the task is cancelled.
    private func work() async throws {
        let session = try await store.beginWorker(name: settings.name, at: clock())
        // Woken by signals from other processes, and by lanes that have done something and may have more to do soon.
        let wake = WakeUp()
        do {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { for await _ in self.store.signal(.work) { wake.yield() } }
                // What waits for its turn under claims that are nobody's any more is left at once.
                group.addTask {
                    await session.lost()
                    wake.yield()
                }
                group.addTask { await self.keepHouse() }
                group.addTask { await self.steer() }
                group.addTask { await self.trackPopular() }
                group.addTask { await self.discover() }
                // One repository's slow listing holds up no other's.
                for _ in 0..<2 { group.addTask { await self.listOffered() } }
                for _ in 0..<3 { group.addTask { await self.backfill() } }
                group.addTask { await self.book.keep() }
                group.addTask { await ContentReader(worker: self).run(session: session) }
                let running = RunningLanes()
                while session.isAlive, !Task.isCancelled {
                    try await store.freeLostClaims(at: clock())
                    let requested = try await store.claimRequested(
                        worker: session, limit: 100, lease: settings.lease, at: clock())
                    // Each by itself: nobody waits for the slowest of somebody else's.
                    for claim in requested {
                        group.addTask { await self.check([claim], session: session, urgent: true) }
                    }
                    let next = try await startLanes(&group, session: session, running: running, wake: wake)
                    health.databaseRecovered()
                    health.tell(at: clock())
                    await wake.next(within: .seconds(requested.isEmpty ? max(0.01, next) : 0.01))
                }
                group.cancelAll()
            }
        } catch {
            health.tell(at: nil)
            await session.end()
            throw error
        }
        health.tell(at: nil)
        await session.end()
    }

    /// What has to be done from time to time. Several workers may do it at once without harm.
    private func keepHouse() async {
        var hours = 0
        while !Task.isCancelled {
            do {
                try await store.forgetRequests(at: clock())
                try await store.forgetOffered(at: clock())
                if let span = settings.retireUnviewed {
                    let retired = try await store.retire(
                        unviewedSince: clock().advanced(bySeconds: -span), at: clock())
                    if retired > 0 { logger.info("\(retired) tags are checked no more: nobody looked at them") }
                }
                try await store.foldCounts()
                try await store.recomputeSummaries(at: clock())
                if hours.isMultiple(of: 24) {
                    try await store.forgetHosts()
                    try await store.foldHours(at: clock())
                    try await store.refreshSummaries(at: clock())
                }
            } catch { health.databaseFailed(error) }
            hours += 1
            try? await Task.sleep(for: .seconds(3_600))
        }
    }

    /// Starts the lanes that have due tags and are not running.
    /// - Returns: seconds until the next lane has something to do.
    private func startLanes(
        _ group: inout ThrowingDiscardingTaskGroup<any Error>, session: WorkerSession, running: RunningLanes,
        wake: WakeUp
    ) async throws -> Double {
        let now = clock()
        var next = running.isEmpty ? Self.idleLook : Self.busyLook
        for lane in try await store.lanes(at: now) where !running.contains(lane.registryID) {
            if lane.schedule == nil { try await steer([lane]) }
            let due = lane.nextAt.seconds(since: ClaimWindow(settings.policy, lane: lane.schedule, at: now).until)
            guard due <= 0 else {
                next = min(next, due)
                continue
            }
            guard digests.availability(of: lane.registry) == .zero else { continue }
            running.insert(lane.registryID)
            next = min(next, Self.busyLook)
            group.addTask {
                let didSomething = await self.run(lane, session: session)
                running.remove(lane.registryID)
                // Where all that is due is claimed by others, an immediate look would spin.
                if didSomething { wake.yield() }
            }
        }
        return next
    }

    /// Two batches at a time, so that requests go on while results are recorded; one where a listing may answer for
    /// all of them.
    func runners(_ lane: Lane) -> Int { digests.mayListInBulk(lane.registry) ? 1 : 2 }

    /// Empties a lane's queue of due tags.
    /// - Returns: whether anything was checked.
    private func run(_ lane: Lane, session: WorkerSession) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<runners(lane) {
                group.addTask {
                    var didSomething = false
                    while !Task.isCancelled, session.isAlive, self.digests.availability(of: lane.registry) == .zero,
                        await self.runBatch(lane, session: session)
                    { didSomething = true }
                    return didSomething
                }
            }
            return await group.reduce(false) { $0 || $1 }
        }
    }

    /// - Returns: false where nothing was due or the database is away.
    private func runBatch(_ lane: Lane, session: WorkerSession) async -> Bool {
        do {
            let counts = try await checkBatch(
                lane, window: ClaimWindow(settings.policy, lane: lane.schedule, at: clock()), session: session)
            return counts?.isEmpty == false
        } catch {
            health.databaseFailed(error)
            return false
        }
    }

    /// Claims the next tags or the next listing of a lane and checks them.
    /// - Returns: how the checks ended; nil where nothing was due.
    func checkBatch(
        _ lane: Lane, window: ClaimWindow, session: WorkerSession
    ) async throws -> [CheckOutcome: Int]? {
        // First, because it answers for tags that would be asked for one by one otherwise.
        let mayBeListed = lane.hasListings || digests.mayListInBulk(lane.registry)
        let listed = mayBeListed ? try await listDue(lane, window: window, session: session) : nil
        let share = LaneShare(requestsPerSecond: digests.requestsPerSecond(of: lane.registry), settings: settings)
        let claims = try await store.claimDue(
            registryID: lane.registryID, worker: session, limit: share.batch, lease: share.lease, window: window)
        guard !claims.isEmpty else { return listed }
        return await checkDue(claims, window: window, session: session)
            .merging(listed ?? [:], uniquingKeysWith: +)
    }

    /// Keeps the lanes' numbers up to date.
    private func steer() async {
        while !Task.isCancelled {
            do { try await steer(try await store.lanes(at: clock())) } catch { health.databaseFailed(error) }
            try? await Task.sleep(for: .seconds(600))
        }
    }

    func steer(_ lanes: [Lane]) async throws {
        try await store.steer(
            lanes.map {
                LaneBudget(registryID: $0.registryID, requestsPerSecond: digests.requestsPerSecond(of: $0.registry))
            }, policy: settings.policy, at: clock())
    }
}

/// The lanes that this worker works on now.
private final class RunningLanes: Sendable {
    private let ids = Mutex<Set<Int32>>([])
    var isEmpty: Bool { ids.withLock { $0.isEmpty } }
    func contains(_ id: Int32) -> Bool { ids.withLock { $0.contains(id) } }
    func insert(_ id: Int32) { _ = ids.withLock { $0.insert(id) } }
    func remove(_ id: Int32) { _ = ids.withLock { $0.remove(id) } }
}
