import LibPQ
import Logging
import OCI
import Store
import TestSupport
import Testing

@Suite(.throttled) struct SignalTests {
    @Test func aWakeUpSleepsAgainAfterItsTimeLimit() async {
        let wakeUp = WakeUp()
        for _ in 0..<3 {
            let begin = ContinuousClock.now
            await wakeUp.next(within: .milliseconds(50))
            #expect(ContinuousClock.now - begin >= .milliseconds(50))
        }
        // A call before the sleep counts, two count once.
        wakeUp.yield()
        wakeUp.yield()
        var begin = ContinuousClock.now
        await wakeUp.next(within: .seconds(30))
        #expect(ContinuousClock.now - begin < .seconds(15))
        begin = .now
        await wakeUp.next(within: .milliseconds(50))
        #expect(ContinuousClock.now - begin >= .milliseconds(50))
        // A call during the sleep.
        begin = .now
        async let slept: Void = wakeUp.next(within: .seconds(30))
        try? await Task.sleep(for: .milliseconds(20))
        wakeUp.yield()
        await slept
        #expect(ContinuousClock.now - begin < .seconds(15))
        // A cancelled task does not sleep.
        begin = .now
        let task = Task { await wakeUp.next(within: .seconds(30)) }
        task.cancel()
        await task.value
        #expect(ContinuousClock.now - begin < .seconds(15))
    }

    @Test func signalsReachOtherProcesses() async throws {
        let conninfo = try await TestDatabase.migrated()
        let stores = (0..<2).map { _ in
            TagStore(conninfo: conninfo, maximumConnections: 2, logger: Logger(label: "test"))
        }
        let (here, there) = (stores[0], stores[1])
        let listening = Task { await there.listen() }
        var work = there.signal(.work).makeAsyncIterator()
        var changes = there.signal(.changes).makeAsyncIterator()
        // Once connected, everybody looks for what came before.
        await work.next()
        await changes.next()
        try await here.track([reference("app:1")], origin: .starter, at: hour(0))
        await work.next()
        _ = try await here.requestCheck(of: reference("app:1"), at: hour(0))
        await work.next()
        let checker = try await Checker(here)
        try await checker.check(.digest("A"), at: 0)
        await changes.next()
        // And again after the connection was lost.
        try await here.pool.withConnection {
            try await $0.runScript(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'
                """)
        }
        await changes.next()
        try await checker.check(.digest("B"), at: 1)
        await changes.next()
        listening.cancel()
        await listening.value
        for store in stores { store.close() }
    }
}
