import Foundation
import LibPQ
import Logging
import OCI
import Store
import TestSupport
import Testing

/// What a worker claimed is free as soon as its database session is gone, however it went.
@Suite(.throttled) struct LostWorkerTests {
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<200 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    /// Claims are free at the next look, long before their lease ends.
    static func claims(_ checker: Checker, count: Int) async throws -> Bool {
        try await eventually {
            try await checker.store.freeLostClaims(at: hour(0))
            return try await checker.claims(at: hour(0)).count == count
        }
    }

    static func terminate(_ worker: WorkerSession, of store: TagStore) async throws {
        try await store.pool.withConnection {
            try await $0.runScript(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7627108
                AND objid = \(worker.id) AND objsubid = 2 AND database = (
                    SELECT oid FROM pg_database WHERE datname = current_database())
                """)
        }
    }

    @Test func aTerminatedSession() async throws {
        let store = try await ClaimTests.store(tags: 5)
        defer { store.close() }
        let (lost, other) = (try await Checker(store), try await Checker(store))
        let claims = try await lost.claims(at: hour(0))
        try await store.freeLostClaims(at: hour(0))
        #expect(try await other.claims(at: hour(0)).isEmpty)
        try await Self.terminate(lost.worker, of: store)
        #expect(try await Self.claims(other, count: 5))
        // Who waits for that is told.
        await lost.worker.lost()
        #expect(!lost.worker.isAlive)
        #expect(try await store.workers().map(\.id) == [other.worker.id])
        #expect(try await store.values("SELECT count(*) FROM workers") == [1])
        // What the lost worker still learned is not lost, and nothing of it is doubled.
        _ = try await other.record(claims, .digest("A"), at: hour(0.2))
        _ = try await lost.record(claims, .digest("A"), at: hour(0.1))
        #expect(try await store.values("SELECT count(*) FROM changes WHERE what & 15 = 1") == [5])
        #expect(try await store.values("SELECT count(*) FROM changes WHERE what & 15 NOT IN (1, 8)") == [0])
    }

    @Test func aKilledProcess() async throws {
        let store = try await ClaimTests.store(tags: 5)
        defer { store.close() }
        // Another process with a session as a worker's.
        let psql = Process()
        psql.executableURL = URL(filePath: "/usr/bin/env")
        psql.arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", store.pool.conninfo]
        let (input, output) = (Pipe(), Pipe())
        (psql.standardInput, psql.standardOutput) = (input, output)
        try psql.run()
        let script = """
            WITH worker AS (INSERT INTO workers (name, started_at) VALUES ('doomed', now()) RETURNING id)
            SELECT id FROM worker, LATERAL pg_advisory_lock(7627108, id);
            INSERT INTO claims (expires_at, worker_id, tag_ids)
            SELECT 'infinity', (SELECT max(id) FROM workers), array_agg(tag_id) FROM tag_checks;
            \\echo ready

            """
        try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
        var answer = ""
        while !answer.contains("ready"), let data = try output.fileHandleForReading.read(upToCount: 1) {
            answer += String(decoding: data, as: UTF8.self)
        }
        let other = try await Checker(store)
        try await store.freeLostClaims(at: hour(0))
        #expect(try await other.claims(at: hour(0)).isEmpty)
        #expect(try await store.workers().map(\.name) == ["doomed", "worker"])
        kill(psql.processIdentifier, SIGKILL)
        #expect(try await Self.claims(other, count: 5))
        psql.waitUntilExit()
    }

    /// Locks that others hold on numbers that look alike.
    @Test func otherLocksAreNoWorkers() async throws {
        let store = try await ClaimTests.store(tags: 5)
        defer { store.close() }
        let lost = try await Checker(store)
        #expect(try await lost.claims(at: hour(0)).count == 5)
        let id = lost.worker.id
        let sameNumber = try await store.pool.dedicatedConnection()
        try await sameNumber.runScript("SELECT pg_advisory_lock((7627108::bigint << 32) | \(id))")
        let elsewhere = try await Connection.connect(to: PostgresServer.shared().conninfo())
        try await elsewhere.runScript("SELECT pg_advisory_lock(7627108, \(id))")
        let otherKey = try await store.pool.dedicatedConnection()
        try await otherKey.runScript("SELECT pg_advisory_lock(7627109, \(id))")
        let other = try await Checker(store)
        try await store.freeLostClaims(at: hour(0))
        #expect(try await other.claims(at: hour(0)).isEmpty)
        try await Self.terminate(lost.worker, of: store)
        #expect(try await Self.claims(other, count: 5))
        for connection in [sameNumber, elsewhere, otherKey] { connection.close() }
    }

    @Test func theHighestNumberOfAWorker() async throws {
        let store = try await ClaimTests.store(tags: 1)
        defer { store.close() }
        try await store.pool.withConnection {
            try await $0.runScript("ALTER TABLE workers ALTER id RESTART WITH 2147483647")
        }
        let checker = try await Checker(store)
        #expect(checker.worker.id == .max)
        #expect(try await checker.claims(at: hour(0)).count == 1)
        try await store.freeLostClaims(at: hour(0))
        #expect(try await store.workers().map(\.id) == [.max])
        #expect(try await checker.claims(at: hour(0)).isEmpty)
    }

    @Test(arguments: [true, false])
    func aRestartedDatabase(killed: Bool) async throws {
        let server = try await PostgresServer(settings: ["fsync=on"])
        let store = TagStore(conninfo: try await server.makeDatabase(), logger: Logger(label: "test"))
        defer { store.close() }
        try await store.migrate()
        try await store.track((0..<50).map { try reference("app:\($0)") }, origin: .starter, at: hour(0))
        let lost = try await Checker(store)
        let claims = try await lost.claims(at: hour(0))
        #expect(claims.count == 50)
        let half = Array(claims.prefix(25))
        _ = try await lost.record(half, .digest("A"), at: hour(0))
        // A transaction in full course.
        let open = try await store.pool.dedicatedConnection()
        try await open.runScript("BEGIN; DELETE FROM changes; UPDATE tag_checks SET digest_id = NULL")
        if killed { try await server.kill9() } else { try await server.stop() }
        try await server.start()
        #expect(try await Self.eventually { !lost.worker.isAlive })
        // The pool may still hold connections that died.
        #expect(try await Self.eventually { (try? await store.ping()) != nil })
        let next = try await Checker(store)
        try await store.freeLostClaims(at: hour(0))
        let free = try await next.claims(at: hour(0))
        #expect(Set(free.map(\.tagID)) == Set(claims.dropFirst(25).map(\.tagID)))
        // Both try to record the first half again, as after a lost COMMIT.
        _ = try await lost.record(half, .digest("A"), at: hour(0))
        _ = try await next.record(free, .digest("A"), at: hour(0))
        #expect(try await store.values("SELECT count(*) FROM changes") == [50])
        #expect(try await store.status(at: hour(1)).days.map(\.changed) == [50])
        open.close()
    }
}
