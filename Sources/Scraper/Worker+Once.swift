import OCI
import RegistryClient
public import Store

extension Worker {
    /// Checks every tag that is due now, once, and ends.
    /// - Parameter progress: told the counts so far, after each batch.
    /// - Returns: how the checks ended.
    public func runOnce(
        progress: @escaping @Sendable ([CheckOutcome: Int]) -> Void = { _ in }
    ) async throws -> [CheckOutcome: Int] {
        let session = try await store.beginWorker(name: settings.name, at: clock())
        try await store.freeLostClaims(at: clock())
        let start = clock()
        let lanes = try await store.lanes(at: start).filter { $0.nextAt <= start }
        try await steer(lanes)
        let window = ClaimWindow(everythingDueAt: start, now: start)
        let counts = try await withThrowingTaskGroup(of: [CheckOutcome: Int].self) { group in
            // What becomes due again while this runs is left for the next time.
            for lane in lanes { group.addTask { try await self.pass(lane, window: window, session: session) } }
            var total: [CheckOutcome: Int] = [:]
            for try await counts in group {
                total.merge(counts, uniquingKeysWith: +)
                progress(total)
            }
            return total
        }
        try await ContentReader(worker: self).runOnce(within: 60)
        health.tell(at: nil)
        await book.close()
        await session.end()
        return counts
    }

    private func pass(
        _ lane: Lane, window: ClaimWindow, session: WorkerSession
    ) async throws -> [CheckOutcome: Int] {
        try await withThrowingTaskGroup(of: [CheckOutcome: Int].self) { group in
            for _ in 0..<runners(lane) {
                group.addTask {
                    var total: [CheckOutcome: Int] = [:]
                    while self.digests.availability(of: lane.registry) == .zero {
                        guard let counts = try await self.checkBatch(lane, window: window, session: session) else {
                            break
                        }
                        total.merge(counts, uniquingKeysWith: +)
                    }
                    return total
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
    }

    /// Answers requested checks only, until the task is cancelled: for a command that finds no worker alive.
    public func answerRequests() async throws {
        let session = try await store.beginWorker(name: settings.name, at: clock())
        let result: Result<Void, any Error>
        do {
            while !Task.isCancelled {
                try await store.freeLostClaims(at: clock())
                let claims = try await store.claimRequested(
                    worker: session, limit: 100, lease: settings.lease, at: clock())
                if claims.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
                await check(claims, session: session, urgent: true)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await book.close()
        await session.end()
        try result.get()
    }
}
