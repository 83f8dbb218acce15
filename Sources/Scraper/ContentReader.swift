import Logging
import OCI
import RegistryClient
import Store
import Synchronization

/// Reads what changed digests hold, beside the checks and behind them: lane by lane, so that one registry's trouble holds
/// up no other, and never urgent, so that budgets and quotas hold it back first.
struct ContentReader: Sendable {
    let worker: Worker

    /// At the same time and registry: a change waits for its explanation better than a check for its turn.
    private static let concurrency = 2
    private static let batch = 4
    private static let idleLook = 5.0
    private static let sweepEvery = 3_600.0

    /// Until the task is cancelled or the session with the database is lost.
    func run(session: WorkerSession) async {
        let wake = WakeUp()
        let running = RunningContentLanes()
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in worker.store.signal(.changes) { wake.yield() } }
            group.addTask { await sweep() }
            while !Task.isCancelled, session.isAlive {
                var next = Self.idleLook
                do {
                    let now = worker.clock()
                    for lane in try await worker.store.contentLanes() where !running.contains(lane.registryID) {
                        let due = lane.nextAt.seconds(since: now)
                        guard due <= 0 else {
                            next = min(next, due)
                            continue
                        }
                        guard worker.digests.availability(of: lane.registry) == .zero else { continue }
                        running.insert(lane.registryID)
                        group.addTask {
                            await read(lane, until: nil)
                            running.remove(lane.registryID)
                            wake.yield()
                        }
                    }
                } catch { worker.health.databaseFailed(error) }
                await wake.next(within: .seconds(max(0.05, next)))
            }
            group.cancelAll()
        }
    }

    /// Reads what is due now, for a while at most, and ends.
    func runOnce(within seconds: Double) async throws {
        let end = worker.clock().advanced(bySeconds: seconds)
        try await worker.store.queueUnreadContents(at: worker.clock())
        let now = worker.clock()
        let lanes = try await worker.store.contentLanes().filter { $0.nextAt <= now }
        await withDiscardingTaskGroup { group in
            for lane in lanes { group.addTask { await read(lane, until: end) } }
        }
    }

    /// Asks now and then for what nobody asked for when it was recorded.
    private func sweep() async {
        while !Task.isCancelled {
            do { try await worker.store.queueUnreadContents(at: worker.clock()) } catch {
                worker.health.databaseFailed(error)
            }
            try? await Task.sleep(for: .seconds(Self.sweepEvery))
        }
    }

    private func read(_ lane: ContentLane, until end: Timestamp?) async {
        let ended = await withTaskGroup(of: [Ending: Int].self) { group in
            for _ in 0..<Self.concurrency { group.addTask { await readInTurn(lane, until: end) } }
            return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        let failed = (ended[.failed] ?? 0) + (ended[.givenUp] ?? 0)
        worker.logger.debug(
            "read what digests hold",
            metadata: ["registry": "\(lane.registry)", "read": "\(ended[.read] ?? 0)", "failed": "\(failed)"])
    }

    private func readInTurn(_ lane: ContentLane, until end: Timestamp?) async -> [Ending: Int] {
        var ended: [Ending: Int] = [:]
        while !Task.isCancelled, worker.digests.availability(of: lane.registry) == .zero {
            let now = worker.clock()
            if let end, now >= end { break }
            do {
                let claims = try await worker.store.claimContents(
                    registryID: lane.registryID, limit: Self.batch, lease: worker.settings.lease, at: now)
                if claims.isEmpty { break }
                for claim in claims { ended[try await read(claim), default: 0] += 1 }
            } catch {
                // What was claimed is free again when its lease is over.
                worker.health.databaseFailed(error)
                break
            }
        }
        return ended
    }

    private enum Ending: Hashable {
        /// Or known already.
        case read
        case failed
        case givenUp
        case postponed
    }

    private func read(_ claim: ContentClaim) async throws -> Ending {
        let store = worker.store
        if claim.isSettled || Task.isCancelled {
            if claim.isSettled { try await store.record(nil, of: claim, at: worker.clock()) }
            return .read
        }
        let content: Content
        do throws(CheckFailure) {
            content = try await worker.digests.content(of: claim.digest, in: claim.repository, isPart: claim.isPart) {
                // Not knowing costs a request, not more.
                (try? await store.knowsLayers(of: $0)) ?? false
            }
        } catch {
            return try await note(error, of: claim)
        }
        // What the registry has answered is stored although the worker is told to stop meanwhile.
        try await Task { try await store.record(content, of: claim, at: worker.clock()) }.value
        return .read
    }

    private func note(_ failure: CheckFailure, of claim: ContentClaim) async throws -> Ending {
        let now = worker.clock()
        let wish = failure.retryAfter.map { $0 / .seconds(1) } ?? 0
        switch ContentPatience.next(after: failure.code, tries: claim.tries) {
        case .never:
            let isGone = failure.code == .notFound
            try await worker.store.giveUp(claim, isGone: isGone, reason: failure.description, at: now)
            return .givenUp
        case .later(let seconds, let isAttempt):
            try await worker.store.postpone(
                claim, until: now.advanced(bySeconds: max(seconds, wish)), failed: isAttempt)
            return isAttempt ? .failed : .postponed
        }
    }
}

/// How long a content that could not be read is waited for.
enum ContentPatience: Hashable {
    case never
    /// - Parameter isAttempt: it counts as one of those after which it is given up.
    case later(seconds: Double, isAttempt: Bool)

    /// Minutes after the first failures, half a day after the later ones: an outage of a day is outlasted, an answer that
    /// cannot be right is asked for thrice.
    static func next(after code: CheckFailure.Code, tries: Int) -> ContentPatience {
        switch code {
        case .notFound: return .never
        case .hostPaused, .rateLimited: return .later(seconds: 60, isAttempt: false)
        case .cancelled: return .later(seconds: 1, isAttempt: false)
        case .badAnswer, .tooLarge, .redirect, .forbiddenAddress: if tries >= 2 { return .never }
        case .unreachable, .timeout, .tls, .unauthorized, .serverError, .configuration:
            if tries >= 7 { return .never }
        }
        var seconds = 60.0
        for _ in 0..<max(0, tries) { seconds = min(43_200, seconds * 4) }
        return .later(seconds: seconds, isAttempt: true)
    }
}

/// The registries of which this worker reads contents now.
private final class RunningContentLanes: Sendable {
    private let ids = Mutex<Set<Int32>>([])
    func contains(_ id: Int32) -> Bool { ids.withLock { $0.contains(id) } }
    func insert(_ id: Int32) { _ = ids.withLock { $0.insert(id) } }
    func remove(_ id: Int32) { _ = ids.withLock { $0.remove(id) } }
}
