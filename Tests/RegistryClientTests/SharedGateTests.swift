import Testing

@testable import RegistryClient

/// A gate and what it says to the others, answered by hand.
@Suite struct SharedGateTests {
    private struct Away: Error {}

    private final class FakeBudget: SharedBudget {
        let reports = Box<[BudgetReport]>([])
        let answer: Box<BudgetAnswer?>

        init(_ answer: BudgetAnswer?) { self.answer = Box(answer) }

        func exchange(_ report: BudgetReport) async throws -> BudgetAnswer {
            reports.withLock { $0.append(report) }
            guard var answer = answer.withLock({ $0 }) else { throw Away() }
            answer.granted = min(answer.granted, report.wanted)
            return answer
        }

        var count: Int { reports.withLock { $0.count } }
    }

    private func gate(_ budget: FakeBudget, _ time: ManualTime, rate: Double = 10) -> HostGate {
        HostGate(
            host: "h:443", name: "h", requestsPerSecond: rate, maximumInFlight: 4, shared: budget, time: time.source
        ) { _ in }
    }

    @Test func withoutTheStoreNobodyGoesAndNothingSpins() async throws {
        let time = ManualTime()
        let budget = FakeBudget(nil)
        let gate = gate(budget, time)
        let waiting = [false, true].map { urgent in Task { try await gate.enter(urgent: urgent) } }
        #expect(try await eventually { gate.status.waiting == 2 && budget.count == 1 && time.sleepers == 1 })
        for round in 1...3 {
            time.advance(.milliseconds(1_001))
            #expect(try await eventually { budget.count == 1 + round && time.sleepers == 1 })
        }
        waiting[0].cancel()
        await #expect(throws: CancellationError.self) { try await waiting[0].value }
        var answer = BudgetAnswer()
        answer.granted = 5
        budget.answer.withLock { [answer] in $0 = answer }
        time.advance(.milliseconds(1_001))
        gate.leave(try await waiting[1].value, .good)
    }

    /// Neither waits for the other: who is let through while it is cancelled gets its permit or is told of the end.
    @Test(.timeLimit(.minutes(1))) func requestsAreCancelledWhileOthersAreLetThrough() async throws {
        let gate = HostGate(
            host: "h:443", name: "h", requestsPerSecond: 1_000_000, maximumInFlight: 1,
            time: TimeSource(ContinuousClock())
        ) { _ in }
        for _ in 0..<1_000 {
            let permit = try await gate.enter(urgent: false)
            let waiting = (0..<4).map { _ in Task { try await gate.enter(urgent: false) } }
            while gate.status.waiting < waiting.count { await Task.yield() }
            async let cancelled: Void = { for task in waiting { task.cancel() } }()
            gate.leave(permit, .good)
            await cancelled
            for task in waiting {
                if let permit = try? await task.value { gate.leave(permit, .good) }
            }
            #expect(gate.status.waiting == 0 && gate.status.inFlight == 0)
        }
    }

    @Test func newsAreToldUntilTheyAreHeard() async throws {
        let time = ManualTime()
        var answer = BudgetAnswer()
        answer.granted = 5
        let budget = FakeBudget(answer)
        let gate = gate(budget, time)
        let permit = try await gate.enter(urgent: false)
        budget.answer.withLock { $0 = nil }
        time.advance(.milliseconds(100))
        gate.leave(permit, .failed(.patience(.seconds(30)), reason: "busy"))
        #expect(try await eventually { budget.count == 2 && time.sleepers == 1 })
        answer.version = 1
        answer.pause = SharedPause(length: .seconds(60), failures: 4, reason: "busier", isHostsWish: true)
        budget.answer.withLock { [answer] in $0 = answer }
        time.advance(.milliseconds(1_001))
        #expect(try await eventually { budget.count == 3 && gate.status.reason == "busier" })
        for report in budget.reports.withLock({ $0 }).dropFirst() {
            guard case .paused(let pause)? = report.news else { Issue.record("no news"); continue }
            #expect(pause.reason == "busy")
            #expect(pause.length > .seconds(28))
        }
        #expect(gate.pause == .seconds(60))
    }

    /// The answer of a lone request, after which nothing may be asked for hours.
    @Test func aQuotaIsToldThoughNothingFollows() async throws {
        let time = ManualTime()
        var answer = BudgetAnswer()
        answer.granted = 5
        let budget = FakeBudget(answer)
        let gate = gate(budget, time)
        let permit = try await gate.enter(urgent: false)
        time.advance(.milliseconds(100))
        let quota = try #require(Quota(limit: 100, remaining: 7, window: .seconds(21_600)))
        gate.leave(permit, .good, quota: .seen(quota))
        #expect(try await eventually { time.sleepers == 1 })
        time.advance(.seconds(1))
        #expect(try await eventually { budget.count == 2 })
        guard case .seen(quota, _)? = budget.reports.withLock({ $0.last?.quota }) else {
            Issue.record("not told")
            return
        }
        // Told once.
        time.advance(.seconds(5))
        try await Task.sleep(for: .milliseconds(50))
        #expect(budget.count == 2)
    }

    @Test func afterAPauseTheRightToTryIsAskedFor() async throws {
        let time = ManualTime()
        var answer = BudgetAnswer()
        answer.granted = 5
        answer.version = 7
        answer.pause = SharedPause(length: .zero, failures: 3, reason: "broke", isHostsWish: false)
        let budget = FakeBudget(answer)
        let gate = gate(budget, time)
        let waiting = Task { try await gate.enter(urgent: false) }
        // It hears that the host is half-open, and asks at once.
        #expect(try await eventually { budget.count == 1 && time.sleepers == 1 })
        time.advance(.milliseconds(30))
        #expect(try await eventually { budget.count == 2 && time.sleepers == 1 })
        #expect(budget.reports.withLock { $0.last?.trialAfter } != nil)
        #expect(gate.status.waiting == 1)
        answer.hasTrial = true
        budget.answer.withLock { [answer] in $0 = answer }
        time.advance(.milliseconds(1_001))
        let permit = try await waiting.value
        #expect(permit.isTrial)
        answer.hasTrial = false
        answer.pause = nil
        answer.version = 8
        budget.answer.withLock { [answer] in $0 = answer }
        gate.leave(permit, .good)
        #expect(try await eventually { budget.reports.withLock { $0.last?.news } == .answers })
        #expect(budget.reports.withLock { $0.last?.knownVersion } == 7)
        #expect(gate.status.reason == nil)
    }

    @Test(arguments: [0, .infinity]) func withoutALimitNobodyIsAskedFirst(_ rate: Double) async throws {
        let time = ManualTime()
        let budget = FakeBudget(nil)
        let gate = gate(budget, time, rate: rate)
        for _ in 0..<1_000 { gate.leave(try await gate.enter(urgent: false), .good) }
        // The others' pauses are heard all the same, once a second.
        #expect(try await eventually { budget.count == 1 })
        #expect(budget.reports.withLock { $0.allSatisfy { $0.rate == nil && $0.wanted == 0 } })
    }
}
