import OCI
import RegistryClient
import Store
import TagHistory

extension Worker {
    /// Checks claimed tags and records the outcomes.
    /// - Parameter urgent: somebody waits, so the requests overtake others in their host's queue.
    /// - Returns: how the checks ended; empty where nothing could be recorded. Unrecorded claims are free again.
    @discardableResult
    func check(
        _ claims: [Claim], session: WorkerSession, urgent: Bool = false
    ) async -> [CheckOutcome: Int] {
        let results = await results(of: claims, urgent: urgent)
        health.note(results)
        // What the registry has answered is recorded although the worker is told to stop meanwhile.
        return await Task { await self.record(results, of: claims, session: session) }.value
    }

    private func results(of claims: [Claim], urgent: Bool) async -> [CheckResult] {
        await withTaskGroup(of: CheckResult?.self) { group in
            var results: [CheckResult] = []
            results.reserveCapacity(claims.count)
            var waiting = claims.makeIterator()
            for _ in 0..<settings.concurrency {
                guard let claim = waiting.next() else { break }
                group.addTask { await self.result(of: claim, urgent: urgent) }
            }
            while let result = await group.next() {
                if let result { results.append(result) }
                if !Task.isCancelled, let claim = waiting.next() {
                    group.addTask { await self.result(of: claim, urgent: urgent) }
                }
            }
            return results
        }
    }

    /// - Returns: nil where the worker was stopped before an answer came.
    private func result(of claim: Claim, urgent: Bool) async -> CheckResult? {
        let started = clock()
        let outcome = await digests.digest(of: claim.reference, urgent: urgent)
        let now = clock()
        switch outcome {
        case .found(let answer):
            return CheckResult(
                claim: claim, answer: .found(answer.digest, mediaType: answer.mediaType, pushedAt: nil),
                startedAt: started, checkedAt: now, nextCheckAt: settings.schedule.nextCheck(after: now))
        case .missing:
            return CheckResult(
                claim: claim, answer: .missing, startedAt: started, checkedAt: now,
                nextCheckAt: settings.schedule.nextCheck(after: now))
        case .failed(let failure):
            if Task.isCancelled { return nil }
            let next = settings.schedule.nextCheck(
                after: now, failures: Int(claim.failures) + 1,
                retryAfter: failure.retryAfter.map { $0 / .seconds(1) } ?? 0)
            return CheckResult(
                claim: claim, answer: .failed(reason: failure.description), startedAt: started, checkedAt: now,
                nextCheckAt: next)
        }
    }

    /// Tries until the database takes the batch: an answer that was accepted is not thrown away lightly. What cannot
    /// be stored within the lease is asked for again, because its claim runs out.
    func record(
        _ results: [CheckResult], of claims: [Claim], session: WorkerSession
    ) async -> [CheckOutcome: Int] {
        let deadline = ContinuousClock.now + .seconds(settings.lease / 2)
        while true {
            do {
                let counts = try await store.record(results, worker: session)
                if results.count < claims.count { try await store.release(claims, worker: session) }
                health.databaseRecovered()
                return counts
            } catch {
                health.databaseFailed(error)
                guard ContinuousClock.now < deadline, !health.isStopping else { return [:] }
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
