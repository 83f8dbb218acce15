import LibPQ
import Synchronization
import TestSupport
import Testing

@Suite struct PoolTests {
    private struct Stop: Error {}
    private final class Order: Sendable { let numbers = Mutex<[Int]>([]) }
    private static let session = Ask<Int32>("SELECT pg_backend_pid()")

    private func pool(_ limit: Int) async throws -> Pool {
        Pool(conninfo: try await PostgresServer.shared().makeDatabase(), maximumConnections: limit)
    }

    @Test func neverMoreConnectionsThanAllowed() async throws {
        let pool = try await pool(3)
        let sessions = try await withThrowingTaskGroup(of: Int32?.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    try await pool.withConnection { connection in
                        _ = try await connection.run(Sleep(seconds: 0.01))
                        return try await connection.first(Self.session)
                    }
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect((1...3).contains(sessions.count))
        pool.close()
    }

    @Test func sessionsAndTransactionsHaveTheirSettings() async throws {
        let setting = Ask<String>("SELECT current_setting('enable_seqscan')")
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let pool = Pool(conninfo: conninfo, maximumConnections: 1, setUp: "SET enable_seqscan = off")
        #expect(try await pool.first(setting) == "off")
        let inside = try await pool.transaction(settings: "SET LOCAL enable_seqscan = on") {
            try await $0.first(setting)
        }
        #expect(inside == "on")
        #expect(try await pool.first(setting) == "off")
        // What was wrong leaves the connection as it was.
        await #expect(throws: PostgresError.self) {
            try await pool.transaction(settings: "SET LOCAL nothing.there = 1; NONSENSE") { _ in }
        }
        #expect(try await pool.first(setting) == "off")
        pool.close()
        // A place that no connection took is free again.
        let broken = Pool(conninfo: conninfo, maximumConnections: 1, setUp: "NONSENSE")
        for _ in 0..<2 { await #expect(throws: PostgresError.self) { try await broken.first(setting) } }
        broken.close()
    }

    @Test func waitersAreServedInOrder() async throws {
        let pool = try await pool(1)
        let order = Order()
        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await pool.run(Sleep(seconds: 0.8)) }
            try await Task.sleep(for: .milliseconds(100))
            for number in 0..<10 {
                group.addTask {
                    try await pool.withConnection { _ in order.numbers.withLock { $0.append(number) } }
                }
                try await Task.sleep(for: .milliseconds(30))
            }
            try await group.waitForAll()
        }
        #expect(order.numbers.withLock { $0 } == Array(0..<10))
        pool.close()
    }

    @Test func cancelledWaiterLeavesTheQueue() async throws {
        let pool = try await pool(1)
        let busy = Task { try await pool.first(Sleep(seconds: 6, answer: 1)) }
        try await Task.sleep(for: .milliseconds(100))
        let waiter = Task { try await pool.first(Sleep(seconds: 0, answer: 2)) }
        let next = Task { try await pool.first(Sleep(seconds: 0, answer: 3)) }
        try await Task.sleep(for: .milliseconds(50))
        let elapsed = await seconds {
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
        #expect(elapsed < 5)
        #expect(try await busy.value == 1)
        #expect(try await next.value == 3)
        pool.close()
    }

    @Test func connectionInAnOpenTransactionIsNotLentAgain() async throws {
        let pool = try await pool(1)
        let first = try await pool.withConnection { connection in
            try await connection.runScript("BEGIN; CREATE TABLE leak (i int)")
            return try await connection.first(Self.session)
        }
        #expect(try await pool.first(Self.session) != first)
        #expect(try await pool.first(Ask<Bool>("SELECT to_regclass('leak') IS NULL")) == true)
        await #expect(throws: Stop.self) {
            try await pool.transaction { connection in
                try await connection.runScript("CREATE TABLE leak (i int)")
                throw Stop()
            }
        }
        let second = try await pool.first(Self.session)
        #expect(try await pool.first(Self.session) == second)
        pool.close()
    }

    @Test func closedPoolRefusesAndEndsWaiters() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let pool = Pool(conninfo: conninfo, maximumConnections: 1)
        let busy = Task { try await pool.first(Sleep(seconds: 0.5, answer: 1)) }
        try await Task.sleep(for: .milliseconds(100))
        let waiter = Task { try await pool.first(Sleep(seconds: 0)) }
        try await Task.sleep(for: .milliseconds(50))
        pool.close()
        #expect(await postgresError { _ = try await waiter.value }?.code == .closed)
        #expect(try await busy.value == 1)
        #expect(await postgresError { _ = try await pool.run(Sleep(seconds: 0)) }?.code == .closed)
        let other = try await Connection.connect(to: conninfo)
        let sessions = Ask<Int>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        #expect(try await eventually { try await other.first(sessions) == 1 })
    }

    @Test func failedConnectGivesItsPlaceBack() async throws {
        let pool = Pool(conninfo: "host=/nowhere dbname=d user=u", maximumConnections: 1)
        for _ in 0..<3 {
            #expect(await postgresError { _ = try await pool.run(Sleep(seconds: 0)) }?.code == .connectionFailed)
        }
        await withTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    #expect(
                        await postgresError { _ = try await pool.run(Sleep(seconds: 0)) }?.code == .connectionFailed)
                }
            }
        }
    }

    @Test func slowStatementsHoldUpNobodyElse() async throws {
        let pool = try await pool(8)
        let ticker = Task {
            var ticks = 0
            while (try? await Task.sleep(for: .milliseconds(5))) != nil { ticks += 1 }
            return ticks
        }
        let elapsed = try await seconds {
            try await withThrowingTaskGroup { group in
                for _ in 0..<100 { group.addTask { _ = try await pool.run(Sleep(seconds: 0.2)) } }
                try await group.waitForAll()
            }
        }
        ticker.cancel()
        #expect(elapsed > 2.4)
        // Calls that block a core's thread each would let it tick ten times a second on two cores.
        #expect(Double(await ticker.value) / elapsed > 15)
        pool.close()
    }
}
