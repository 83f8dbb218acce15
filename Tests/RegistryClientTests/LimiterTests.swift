import Testing

@testable import RegistryClient

@Suite struct TokenBucketTests {
    @Test(arguments: [0.5, 1, 10, 100, 6_000]) func neverMoreThanTheRate(_ rate: Double) {
        var bucket = TokenBucket(rate: rate, at: .zero)
        var taken = 0
        var now = Duration.zero
        let seconds = 20.0
        while now.inSeconds < seconds {
            while bucket.take(at: now) { taken += 1 }
            now += bucket.wait(at: now)
        }
        #expect(Double(taken) <= rate * seconds + bucket.capacity + 1)
        #expect(Double(taken) >= rate * seconds)
    }

    @Test(arguments: [0, -1, .infinity, .nan]) func noLimit(_ rate: Double) {
        var bucket = TokenBucket(rate: rate, at: .zero)
        for _ in 0..<10_000 {
            let taken = bucket.take(at: .zero)
            #expect(taken)
        }
        let wait = bucket.wait(at: .zero)
        #expect(wait == .zero)
    }

    @Test func idleTimeIsNotSaved() {
        var bucket = TokenBucket(rate: 10, at: .zero)
        var taken = 0
        while bucket.take(at: .seconds(3_600)) { taken += 1 }
        #expect(taken == 2)
        // A clock that goes back gives nothing.
        let again = bucket.take(at: .zero)
        #expect(!again)
    }
}

@Suite struct HostBackoffTests {
    private func fail(
        _ backoff: inout HostBackoff, _ failure: HostBackoff.Failure, at seconds: Double, chance: Double = 0,
        startedAt: Double? = nil
    ) {
        backoff.failed(
            failure, reason: "x", startedAt: .seconds(startedAt ?? seconds), now: .seconds(seconds), chance: chance)
    }

    @Test func oneBrokenTagPausesNothing() {
        var backoff = HostBackoff()
        for second in 0..<10 {
            fail(&backoff, .trouble, at: Double(second))
            backoff.succeeded(startedAt: .seconds(Double(second) + 0.5))
        }
        #expect(backoff.pause(at: .seconds(10)) == nil)
    }

    @Test func threeInARowPauseAndDoubleUpToAMinute() {
        var backoff = HostBackoff()
        var now = 0.0
        var pauses = [Duration]()
        for _ in 0..<12 {
            fail(&backoff, .trouble, at: now, chance: 0.999_999)
            if let pause = backoff.pause(at: .seconds(now)) {
                pauses.append(pause)
                now += pause.inSeconds
            }
        }
        #expect(pauses.map { $0.inSeconds.rounded() } == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
        #expect(backoff.isRecovering)
        backoff.succeeded(startedAt: .seconds(now))
        #expect(!backoff.isRecovering)
        #expect(backoff.failuresInARow == 0)
    }

    @Test func whatFailsTogetherIsOneFailure() {
        var backoff = HostBackoff()
        for _ in 0..<3 { fail(&backoff, .trouble, at: 0) }
        fail(&backoff, .trouble, at: 0.1)
        for _ in 0..<16 { fail(&backoff, .trouble, at: 0.2, startedAt: 0.05) }
        #expect(backoff.failuresInARow == 4)
        // Nor does an answer to a request from before the pause open the host.
        backoff.succeeded(startedAt: .seconds(0.05))
        #expect(backoff.isRecovering)
    }

    @Test(
        arguments: [
            (nil, 0.0, 2.5), (nil, 0.999_999, 5), (Duration.seconds(90), 0, 90), (.seconds(90), 0.5, 90.5),
            (.zero, 0, 0),
            (.seconds(1_000_000_000), 0, 21_600),
        ] as [(Duration?, Double, Double)]) func wishesAreHeardAtOnce(
            _ wish: Duration?, _ chance: Double, _ seconds: Double
        )
    {
        var backoff = HostBackoff()
        fail(&backoff, .patience(wish), at: 0, chance: chance)
        #expect(abs((backoff.pause(at: .zero)?.inSeconds ?? 0) - seconds) < 0.01)
        #expect(backoff.isHostsWish)
    }

    @Test func aLongerWishOfARequestUnderWayCounts() {
        var backoff = HostBackoff()
        fail(&backoff, .patience(.seconds(1)), at: 1)
        fail(&backoff, .patience(.seconds(60)), at: 1.5, startedAt: 0)
        #expect(backoff.pause(at: .seconds(1.5)) == .seconds(60))
    }
}

@Suite struct HostGateTests {
    private func gate(_ time: ManualTime, rate: Double = 0, most: Int = 2) -> HostGate {
        HostGate(host: "h:443", name: "h", requestsPerSecond: rate, maximumInFlight: most, time: time.source) { _ in }
    }

    @Test func connectionsAreBoundedAndTheQueueIsInOrder() async throws {
        let gate = gate(ManualTime())
        let first = try await gate.enter(urgent: false)
        _ = try await gate.enter(urgent: false)
        let order = Box<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<5 {
                group.addTask {
                    let permit = try await gate.enter(urgent: false)
                    order.withLock { $0.append(index) }
                    gate.leave(permit, .good)
                }
                #expect(try await eventually { gate.status.waiting == index + 1 })
            }
            #expect(gate.status.inFlight == 2)
            gate.leave(first, .good)
            try await group.waitForAll()
        }
        #expect(order.withLock { $0 }.count == 5)
        #expect(gate.status.requests == 7)
    }

    @Test func theBudgetPacesThoseWhoWait() async throws {
        let time = ManualTime()
        let gate = gate(time, rate: 10, most: 100)
        let passed = Box(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let permit = try await gate.enter(urgent: false)
                    passed.withLock { $0 += 1 }
                    gate.leave(permit, .good)
                }
            }
            #expect(try await eventually { gate.status.waiting == 10 && time.sleepers == 1 })
            for step in 1...10 {
                time.advance(.milliseconds(101))
                #expect(
                    try await eventually { passed.withLock { $0 } == 2 + step && (step == 10 || time.sleepers == 1) })
            }
            try await group.waitForAll()
        }
    }

    @Test func aPauseRefusesAtOnceAndOneRequestGoesFirstAfterIt() async throws {
        let time = ManualTime()
        let gate = gate(time)
        let permit = try await gate.enter(urgent: false)
        time.advance(.seconds(1))
        gate.leave(permit, .failed(.patience(.seconds(30)), reason: "it said so"))
        let error = await #expect(throws: CheckFailure.self) { try await gate.enter(urgent: false) }
        #expect(error?.code == .hostPaused)
        #expect(error?.detail.contains("it said so") == true)
        #expect((error?.retryAfter ?? .zero) >= .seconds(30))
        // A person's hurry does not overrule the host's wish.
        await #expect(throws: CheckFailure.self) { try await gate.enter(urgent: true) }
        time.advance(.seconds(32))
        let probe = try await gate.enter(urgent: false)
        async let second = gate.enter(urgent: false)
        #expect(try await eventually { gate.status.waiting == 1 })
        gate.leave(probe, .good)
        gate.leave(try await second, .good)
        #expect(gate.status.reason == nil)
    }

    @Test func aPersonMayOverruleOurOwnCaution() async throws {
        let time = ManualTime()
        let gate = gate(time, most: 10)
        for _ in 0..<4 {
            let permit = try await gate.enter(urgent: true)
            gate.leave(permit, .failed(.trouble, reason: "refused"))
        }
        await #expect(throws: CheckFailure.self) { try await gate.enter(urgent: false) }
        gate.leave(try await gate.enter(urgent: true), .good)
        #expect(gate.pause == nil)
    }

    @Test func whoWaitsWhenThePauseBeginsIsToldSo() async throws {
        let gate = gate(ManualTime(), most: 1)
        let permit = try await gate.enter(urgent: false)
        let waiting = Task { try await gate.enter(urgent: false) }
        #expect(try await eventually { gate.status.waiting == 1 })
        gate.leave(permit, .failed(.patience(.seconds(9)), reason: "429"))
        await #expect(throws: CheckFailure.self) { try await waiting.value }
        #expect(gate.status.inFlight == 0)
    }

    @Test func aPersonGoesFirst() async throws {
        let gate = gate(ManualTime(), most: 1)
        let permit = try await gate.enter(urgent: false)
        let order = Box<[String]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, name) in ["first", "second", "person", "another person"].enumerated() {
                group.addTask {
                    let permit = try await gate.enter(urgent: name.hasSuffix("person"))
                    order.withLock { $0.append(name) }
                    gate.leave(permit, .good)
                }
                #expect(try await eventually { gate.status.waiting == index + 1 })
            }
            gate.leave(permit, .good)
            try await group.waitForAll()
        }
        // One at a time, in the order in which the permits were given back.
        #expect(Set(order.withLock { $0.prefix(2) }) == ["person", "another person"])
    }

    @Test func closingEndsTheWaiting() async throws {
        let gate = gate(ManualTime(), most: 1)
        _ = try await gate.enter(urgent: false)
        let waiting = Task { try await gate.enter(urgent: false) }
        #expect(try await eventually { gate.status.waiting == 1 })
        gate.close()
        await #expect(throws: CheckFailure.self) { try await waiting.value }
        await #expect(throws: CheckFailure.self) { try await gate.enter(urgent: true) }
    }

    @Test func aCancelledTaskLeavesTheQueue() async throws {
        let gate = gate(ManualTime(), most: 1)
        let permit = try await gate.enter(urgent: false)
        let waiting = Task { try await gate.enter(urgent: false) }
        #expect(try await eventually { gate.status.waiting == 1 })
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(gate.status.waiting == 0)
        gate.leave(permit, .good)
        gate.leave(try await gate.enter(urgent: false), .good)
    }
}

@Suite struct InFlightTests {
    @Test func manyAskersOneAnswer() async {
        let inFlight = InFlight<Int, Int>()
        let calls = Box(0)
        let answers = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await inFlight.value(for: 1) {
                        calls.withLock { $0 += 1 }
                        try? await Task.sleep(for: .milliseconds(300))
                        return 42
                    }
                }
            }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }
        #expect(answers == Array(repeating: 42, count: 200))
        #expect(calls.withLock { $0 } == 1)
    }

    @Test func aWaiterTakesOverFromACancelledLeader() async throws {
        let inFlight = InFlight<Int, Int>()
        let started = Box(0)
        @Sendable func work() async -> Int? {
            let isFirst = started.withLock {
                $0 += 1
                return $0 == 1
            }
            do {
                if isFirst { try await Task.sleep(for: .seconds(60)) }
                return 7
            } catch {
                return nil
            }
        }
        let leader = Task { await inFlight.value(for: 1) { await work() } }
        #expect(try await eventually { started.withLock { $0 } == 1 })
        let follower = Task { await inFlight.value(for: 1) { await work() } }
        try await Task.sleep(for: .milliseconds(50))
        leader.cancel()
        #expect(await leader.value == nil)
        #expect(await follower.value == 7)
        #expect(started.withLock { $0 } == 2)
    }

    @Test func aCancelledWaiterGoesAtOnce() async throws {
        let inFlight = InFlight<Int, Int>()
        let isStarted = Box(false)
        let leader = Task {
            await inFlight.value(for: 1) { () async -> Int? in
                isStarted.withLock { $0 = true }
                try? await Task.sleep(for: .seconds(300))
                return 1
            }
        }
        #expect(try await eventually { isStarted.withLock { $0 } })
        let waiter = Task { await inFlight.value(for: 1) { 2 } }
        try await Task.sleep(for: .milliseconds(50))
        waiter.cancel()
        #expect(await waiter.value == nil)
        leader.cancel()
        #expect(await leader.value == 1)
    }
}

extension HostGate {
    func enter(urgent: Bool) async throws -> Permit { try await enter(GateRequest(isUrgent: urgent)) }
}
