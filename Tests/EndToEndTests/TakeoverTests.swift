import Foundation
import LibPQ
import OCI
import Store
import TestSupport
import Testing

/// How soon others do what a worker left undone, and what becomes of a worker that was only away.
@Suite struct TakeoverTests {
    @Test func aKilledWorkersTagsAreAskedForAtOnce() async throws {
        let stage = try await Stage(tags: 200, interval: "1h")
        stage.slow.set(phase: 0, delay: .milliseconds(500))
        try await stage.workforce.start(2)
        _ = try await Stage.until { stage.slow.heads(by: 1) + stage.slow.heads(by: 2) > 20 }
        // All of them were due at once, so one has them all.
        let first = stage.slow.heads(by: 1) > 0 ? 1 : 2
        #expect(stage.slow.heads(by: 3 - first) == 0)
        await stage.workforce.kill(first - 1)
        let took = try await Stage.until { stage.slow.heads(by: 3 - first) > 0 }
        print("a killed worker's tags are asked for after \(took)")
        #expect(took < .seconds(3))
        stage.slow.set(phase: 0, delay: .zero)
        _ = try await Stage.until { try await stage.store.counts().allSatisfy { $0.state == .active } }
        #expect(try await stage.histories() == Array(repeating: ["first 0"], count: 200))
        #expect(await stage.workforce.stop() == [0])
    }

    /// Stopped in the middle of a transaction, whose locks all others wait for.
    @Test func aWorkerThatStandsStillInATransactionHoldsUpNobodyForLong() async throws {
        let stage = try await Stage(tags: 40, interval: "2s")
        let gate = try await stage.store.pool.dedicatedConnection()
        try await stage.workforce.start(1)
        _ = try await Stage.until { try await stage.store.counts().allSatisfy { $0.state == .active } }
        try await gate.runScript("BEGIN; LOCK TABLE check_counts IN EXCLUSIVE MODE")
        _ = try await Stage.until { try await stage.store.pool.first(WaitingForCounts()) ?? 0 > 0 }
        await stage.workforce.signal(0, SIGSTOP)
        try await gate.runScript("COMMIT")
        try await stage.workforce.start(1)
        let stopped = Timestamp.now()
        let took = try await Stage.until(.seconds(60)) {
            // As if the lease were over.
            try await gate.runScript(
                """
                UPDATE claims SET expires_at = now() - interval '1 second'
                WHERE worker_id = (SELECT min(id) FROM workers)
                """)
            return try await stage.isCheckedSince(stopped)
        }
        print("a transaction that stands still is ended after \(took)")
        #expect(took < .seconds(45))
        await stage.workforce.signal(0, SIGCONT)
        try await Task.sleep(for: .seconds(3))
        #expect(try await stage.histories() == Array(repeating: ["first 0"], count: 40))
        #expect(await stage.workforce.stop() == [0, 0])
        gate.close()
    }

    @Test func aWorkerThatStoodStillWritesNothingOverNewerKnowledge() async throws {
        let stage = try await Stage(tags: 40, interval: "3s")
        try await stage.workforce.start(1)
        _ = try await Stage.until { try await stage.store.counts().allSatisfy { $0.state == .active } }
        stage.slow.set(phase: 0, delay: .seconds(1))
        let before = stage.slow.heads(by: 1)
        _ = try await Stage.until { stage.slow.heads(by: 1) >= before + 16 }
        await stage.workforce.signal(0, SIGSTOP)
        // Its answers arrive, and lie there unread, while the tags change.
        try await Task.sleep(for: .milliseconds(1_200))
        stage.slow.set(phase: 1, delay: .zero)
        try await stage.workforce.start(1)
        // As if the lease were over.
        let connection = try await stage.store.pool.dedicatedConnection()
        try await connection.runScript("UPDATE claims SET expires_at = now() - interval '1 second'")
        let took = try await Stage.until {
            try await stage.histories().allSatisfy { $0 == ["first 0", "rebuild 1"] }
        }
        print("after the lease: \(took)")
        #expect(took < .seconds(10))
        await stage.workforce.signal(0, SIGCONT)
        try await Task.sleep(for: .seconds(4))
        #expect(try await stage.histories() == Array(repeating: ["first 0", "rebuild 1"], count: 40))
        #expect(await stage.workforce.stop() == [0, 0])
        connection.close()
    }

    /// A worker that waits for its database hears of what is wished for as soon as it is back, and can be told to stop.
    @Test func aDatabaseThatIsAwayHoldsUpOnlyWhatNeedsIt() async throws {
        let server = try await PostgresServer()
        let stage = try await Stage(tags: 20, interval: "1h", server: server)
        try await stage.workforce.start(2)
        // One that has not begun yet may end with a failure where its database is away.
        _ = try await Stage.until {
            let hasBegun = try await stage.store.status(at: .now()).workers.count == 2
            let areActive = try await stage.store.counts().allSatisfy { $0.state == .active }
            return hasBegun && areActive
        }
        try await server.stop()
        try await Task.sleep(for: .seconds(1))
        try await server.start()
        // Where no worker is there, the command checks by itself.
        _ = try await Stage.until {
            (try? await stage.store.status(at: .now()))?.workers.count == 2
        }
        let took = try await stage.check(stage.references[7])
        print("check now, after a restart: \(took)")
        #expect(took < .seconds(5))
        try await server.stop(immediately: true)
        let start = ContinuousClock.now
        let codes = await stage.workforce.stop()
        let said = await stage.workforce.lives.map(\.process.output)
        #expect(codes == [0, 0], "\(said)")
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    /// - Parameter rate: of this registry alone; the others' is far larger.
    @Test(arguments: [1.0, 20]) func checkNowOvertakesABacklog(rate: Double) async throws {
        let stage = try await Stage(tags: 50_000, interval: "1h", requestsPerSecond: rate)
        try await stage.workforce.start(2)
        _ = try await Stage.until { stage.slow.heads(by: 1) > 3 && stage.slow.heads(by: 2) > 3 }
        // Some far from their turn, some that a worker has claimed.
        var chosen = [49_999, 25_000, 33_333].map { stage.references[$0] }
        for index in 0..<6 {
            if index >= 3 {
                // Between two batches nothing is claimed.
                var claimed: TagReference?
                _ = try await Stage.until {
                    claimed = try await stage.store.pool.first(LastClaimed())
                    return claimed != nil
                }
                chosen.append(try #require(claimed))
            }
            let took = try await stage.check(chosen[index])
            print("check now: \(took)")
            // A worker's next turn comes after the other's; what is claimed at the moment takes two turns of four batches.
            #expect(took < .seconds(5 + (index < 3 ? 2 : 16) / rate))
        }
        #expect(try await stage.store.counts().first { $0.state == .pending }?.tags ?? 0 > 45_000)
        #expect(await stage.workforce.stop() == [0, 0])
    }
}

private struct WaitingForCounts: Statement {
    static let sql: SQL = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND query LIKE 'INSERT INTO check_counts (%'
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int { try row.next() }
}

private struct LastClaimed: Statement {
    static let sql: SQL = """
        SELECT r.prefix || t.tag FROM claims k JOIN tags t ON t.id = ANY (k.tag_ids)
        JOIN repositories r ON r.id = t.repository_id ORDER BY k.expires_at DESC, t.id DESC LIMIT 1
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TagReference { try row.next() }
}
