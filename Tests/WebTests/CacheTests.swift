import OCI
import Synchronization
import Testing

@testable import Web

@Suite struct CacheTests {
    private let now = Timestamp(seconds: 1_770_000_000)

    @Test func whatIsQuickIsMadeAnewInTime() async throws {
        let count = Mutex(0)
        let cache = Refreshed<Int>(every: 3, quick: 60) { _ in
            count.withLock {
                $0 += 1
                return $0
            }
        }
        #expect(try await cache.value(at: now) == 1)
        #expect(try await cache.value(at: now.advanced(bySeconds: 2)) == 1)
        #expect(try await cache.value(at: now.advanced(bySeconds: 4)) == 2)
        #expect(try await cache.value(at: now.advanced(bySeconds: 8), within: .seconds(5)) == 3)
    }

    @Test func nobodyWaitsForWhatIsSlow() async throws {
        let count = Mutex(0)
        let cache = Refreshed<Int>(every: 3) { _ in
            try await Task.sleep(for: .milliseconds(120))
            return count.withLock {
                $0 += 1
                return $0
            }
        }
        #expect(try await cache.value(at: now, within: .milliseconds(5)) == nil)
        #expect(try await cache.value(at: now) == 1)
        let start = ContinuousClock.now
        #expect(try await cache.value(at: now.advanced(bySeconds: 60)) == 1)
        #expect(ContinuousClock.now - start < .milliseconds(100))
        // But nobody is told what was true long ago.
        #expect(try await cache.value(at: now.advanced(bySeconds: 300)) == 2)
    }

    /// What takes longer than it is good for.
    @Test func whatIsVerySlowIsShownForAWhileTwentyTimesAsLong() async throws {
        let count = Mutex(0)
        let cache = Refreshed<Int>(every: 1) { _ in
            let isFirst = count.withLock { $0 == 0 }
            try await Task.sleep(for: isFirst ? .milliseconds(4_000) : .seconds(300))
            return count.withLock {
                $0 += 1
                return $0
            }
        }
        #expect(try await cache.value(at: now) == 1)
        #expect(try await cache.value(at: now.advanced(bySeconds: 130)) == 1)
    }

    /// What was quick the last time, and is not this time.
    @Test func nobodyWaitsForWhatHasBecomeSlow() async throws {
        let isSlow = Mutex(false)
        let cache = Refreshed<Int>(every: 3, quick: 0.02) { _ in
            guard isSlow.withLock({ $0 }) else { return 1 }
            try await Task.sleep(for: .seconds(300))
            return 2
        }
        // A busy machine may take longer for the first than what is quick.
        #expect(try await cache.value(at: now) == 1)
        isSlow.withLock { $0 = true }
        #expect(try await cache.value(at: now.advanced(bySeconds: 50)) == 1)
        #expect(try await cache.value(at: now.advanced(bySeconds: 50), within: .seconds(200)) == 1)
    }

    @Test func aFailureIsToldAndTriedAgain() async throws {
        struct Failure: Error {}
        let fails = Mutex(true)
        let cache = Refreshed<Int>(every: 3) { _ in
            if fails.withLock({ $0 }) { throw Failure() }
            return 1
        }
        await #expect(throws: Failure.self) { try await cache.value(at: now) }
        #expect(try await cache.value(at: now, within: .milliseconds(50)) == nil)
        fails.withLock { $0 = false }
        #expect(try await cache.value(at: now) == 1)
    }

    @Test func aCacheForgetsWhatNobodyAsksFor() {
        let cache = RecentCache<Int, Int>(capacity: 10)
        for key in 0..<100 {
            cache[key] = key
            #expect(cache[0] == 0)
        }
        #expect(cache[99] == 99)
        #expect(cache[50] == nil)
    }
}
