import Testing

@testable import RegistryClient

@Suite struct AllotmentTests {
    @Test func eachTurnHasItsTime() {
        var allotment = Allotment()
        allotment.add(5, first: .seconds(10), step: .milliseconds(100), at: .seconds(9))
        #expect(allotment.wait(at: .seconds(9)) == .seconds(1))
        var taken = [Int]()
        for step in 0..<10 {
            let now = Duration.seconds(10) + .milliseconds(50) * step
            while allotment.take(at: now) { taken.append(step) }
        }
        #expect(taken == [0, 2, 4, 6, 8])
        #expect(allotment.wait(at: .seconds(11)) == nil)
    }

    @Test func whatWasSavedUpIsThereAtOnce() {
        var allotment = Allotment()
        // At a tenth a second: two turns of the past, and one to come.
        allotment.add(3, first: .seconds(85), step: .seconds(10), at: .seconds(100))
        let taken = [
            allotment.take(at: .seconds(100)), allotment.take(at: .seconds(100)), allotment.take(at: .seconds(100)),
        ]
        #expect(taken == [true, true, false])
        #expect(allotment.wait(at: .seconds(100)) == .seconds(5))
    }

    @Test(arguments: [(0.0, 20), (1.05, 19), (1.55, 14), (2.85, 1), (2.95, 0), (100, 0)])
    func turnsAreUsedWithinASecondOrLost(_ seconds: Double, _ left: Int) {
        var allotment = Allotment()
        allotment.add(20, first: .zero, step: .milliseconds(100), at: .zero)
        // The first was due at once.
        #expect(allotment.left(at: .seconds(seconds)) == left)
    }

    @Test func manyAtHighRatesCostNothing() {
        var allotment = Allotment()
        allotment.add(1_000_000, first: .zero, step: .microseconds(1), at: .zero)
        var taken = 0
        for _ in 0..<100_000 where allotment.take(at: .milliseconds(100)) { taken += 1 }
        #expect(taken == 100_000)
        #expect(allotment.left(at: .seconds(3)) == 0)
    }
}

@Suite struct QuotaKeeperTests {
    private func seconds(_ value: Double) -> Duration { .seconds(value) }

    private func keeper(_ remaining: Int, limit: Int = 100, window: Double? = 21_600, resetsIn: Double? = nil) throws
        -> QuotaKeeper
    {
        var keeper = QuotaKeeper()
        let quota = try #require(
            Quota(
                limit: limit, remaining: remaining, window: window.map { .seconds($0) },
                resetsIn: resetsIn.map { .seconds($0) }))
        keeper.saw(quota, startedAt: .zero, at: .seconds(1))
        return keeper
    }

    @Test(arguments: [
        (11, 0, false, false), (11, 1, true, false), (10, 0, true, false), (1, 0, true, false), (1, 1, true, true),
        (0, 0, true, true),
    ])
    func theLastTenthIsForPeople(_ remaining: Int, _ spending: Int, _ holds: Bool, _ holdsUrgent: Bool) throws {
        let keeper = try keeper(remaining)
        #expect(keeper.holds(urgent: false, spending: spending, at: .seconds(2)) == holds)
        #expect(keeper.holds(urgent: true, spending: spending, at: .seconds(2)) == holdsUrgent)
        // What was said is of no more weight after its time.
        #expect(!keeper.holds(urgent: false, spending: spending, at: .seconds(21_602)))
    }

    @Test(
        arguments: [(21_600.0, nil, 360.0), (60, nil, 30), (86_400, nil, 600), (nil, 50, 50), (nil, nil, 60)]
            as [(Double?, Double?, Double)])
    func aLookNowAndThen(_ window: Double?, _ resetsIn: Double?, _ seconds: Double) throws {
        var keeper = try keeper(5, window: window, resetsIn: resetsIn)
        #expect(keeper.probe(at: .seconds(1)) == .seconds(seconds))
        #expect(keeper.probe(at: .seconds(1 + seconds)) == .zero)
        keeper.probed(at: .seconds(1 + seconds))
        #expect(keeper.probe(at: .seconds(1 + seconds)) == .seconds(seconds))
    }

    @Test func answersComeInAnyOrder() throws {
        var keeper = QuotaKeeper()
        func say(_ remaining: Int, startedAt: Double) throws {
            let quota = try #require(Quota(limit: 100, remaining: remaining, window: .seconds(21_600)))
            keeper.saw(quota, startedAt: .seconds(startedAt), at: .seconds(10))
        }
        try say(50, startedAt: 5)
        try say(53, startedAt: 2)
        #expect(keeper.quota?.remaining == 50)
        try say(48, startedAt: 3)
        #expect(keeper.quota?.remaining == 48)
        try say(60, startedAt: 6)
        #expect(keeper.quota?.remaining == 60)
        keeper.sawNone(startedAt: .seconds(5), at: .seconds(11))
        #expect(keeper.quota != nil)
        keeper.sawNone(startedAt: .seconds(7), at: .seconds(11))
        #expect(keeper.quota == nil)
        #expect(keeper.takeNews(at: .seconds(11)) == .unlimited)
        #expect(keeper.takeNews(at: .seconds(11)) == nil)
    }

    @Test func manifestsAreSpreadOverTheWindow() throws {
        var keeper = try keeper(100)
        var read = 0
        for second in stride(from: 1.0, to: 21_601, by: 10) {
            while keeper.contentWait(at: .seconds(second)) == nil, keeper.current(at: .seconds(second)) != nil {
                keeper.contentWasRead(at: .seconds(second))
                read += 1
            }
            if second == 1 { #expect(read == QuotaKeeper.contentBurst) }
        }
        #expect((90...98).contains(read))
    }

    @Test func whatOthersSawIsTakenOver() throws {
        var keeper = QuotaKeeper()
        let quota = try #require(Quota(limit: 100, remaining: 7, window: .seconds(21_600)))
        keeper.hear(.seen(quota, age: .seconds(60)), at: .seconds(100))
        #expect(keeper.seenAt == .seconds(40))
        #expect(keeper.holds(urgent: false, spending: 0, at: .seconds(100)))
        #expect(keeper.probe(at: .seconds(100)) == .seconds(300))
        keeper.probeIsAway(until: .seconds(500))
        #expect(keeper.probe(at: .seconds(100)) == .seconds(400))
        keeper.hear(nil, at: .seconds(100))
        #expect(!keeper.holds(urgent: false, spending: 0, at: .seconds(100)))
    }
}
