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
        let (results, postponed) = await results(of: claims, session: session, urgent: urgent)
        health.note(results)
        // What the registry has answered is recorded although the worker is told to stop meanwhile.
        return await Task { await self.record(results, postponed, of: claims, session: session) }.value
    }

    private func results(
        of claims: [Claim], session: WorkerSession, urgent: Bool
    ) async -> ([CheckResult], [PostponedCheck]) {
        await withTaskGroup(of: Attempt?.self) { group in
            var results: [CheckResult] = []
            var postponed: [PostponedCheck] = []
            results.reserveCapacity(claims.count)
            var waiting = claims.makeIterator()
            for _ in 0..<settings.concurrency {
                guard let claim = next(&waiting, session) else { break }
                group.addTask { await self.result(of: claim, urgent: urgent) }
            }
            while let attempt = await group.next() {
                switch attempt {
                case .ended(let result): results.append(result)
                case .postponed(let check): postponed.append(check)
                case nil: break
                }
                if !Task.isCancelled, let claim = next(&waiting, session) {
                    group.addTask { await self.result(of: claim, urgent: urgent) }
                }
            }
            return (results, postponed)
        }
    }

    /// What was claimed may be another's by now: because the database went away, or this process stood still.
    private func next(_ waiting: inout IndexingIterator<[Claim]>, _ session: WorkerSession) -> Claim? {
        guard session.isAlive else { return nil }
        while let claim = waiting.next() {
            if claim.expiresAt.map({ clock() < $0 }) ?? true { return claim }
        }
        return nil
    }

    private enum Attempt: Sendable {
        case ended(CheckResult)
        case postponed(PostponedCheck)
    }

    /// - Returns: nil where the worker was stopped before an answer came.
    private func result(of claim: Claim, urgent: Bool) async -> Attempt? {
        let started = clock()
        let outcome = await digests.digest(of: claim.reference, urgent: urgent)
        let now = clock()
        switch outcome {
        case .found(let answer):
            return .ended(
                CheckResult(
                    claim: claim, answer: .found(answer.digest, mediaType: answer.mediaType, pushedAt: nil),
                    startedAt: started, checkedAt: now, way: urgent ? .request : .turn))
        case .missing:
            return .ended(
                CheckResult(
                    claim: claim, answer: .missing, startedAt: started, checkedAt: now,
                    way: urgent ? .request : .turn))
        case .failed(let failure):
            if Task.isCancelled { return nil }
            if let postponed = PostponedCheck(of: claim, failure) { return .postponed(postponed) }
            return .ended(
                CheckResult(
                    claim: claim, answer: .failed(reason: failure.description), startedAt: started, checkedAt: now,
                    way: urgent ? .request : .turn, retryAfter: failure.retryAfter.map { $0 / .seconds(1) } ?? 0,
                    isRefusal: failure.code == .unauthorized))
        }
    }

    /// Tries until the database takes the batch: an answer that was accepted is not thrown away lightly. What cannot
    /// be stored within the lease is asked for again, because its claim runs out.
    func record(
        _ results: [CheckResult], _ postponed: [PostponedCheck] = [], of claims: [Claim], session: WorkerSession
    ) async -> [CheckOutcome: Int] {
        let deadline = ContinuousClock.now + .seconds(settings.lease / 2)
        while true {
            do {
                let counts = try await store.record(results, worker: session, policy: settings.policy)
                try await store.postpone(postponed, worker: session, at: clock())
                if results.count + postponed.count < claims.count {
                    try await store.release(claims, worker: session)
                }
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

extension PostponedCheck {
    /// - Returns: nil where the host was asked: its failure is the check's. Also of a tag that was never seen, or failed
    ///   already: there the host's reason is all that can be told of it.
    fileprivate init?(of claim: Claim, _ failure: CheckFailure) {
        guard failure.code == .hostPaused, claim.digestID != nil, claim.failures == 0 else { return nil }
        // A second at least, lest a pause that is just ending makes it come round and round.
        let seconds = max(1, failure.retryAfter.map { $0 / .seconds(1) } ?? 0)
        self.init(claim: claim, pause: seconds, reason: failure.description)
    }
}
