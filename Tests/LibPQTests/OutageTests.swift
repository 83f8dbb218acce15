import LibPQ
import TestSupport
import Testing

@Suite struct OutageTests {
    /// Every error of an outage says that it is one.
    private func expectOutage(_ body: () async throws -> Void) async {
        let error = await postgresError(body)
        #expect(error?.isConnectionError == true, "\(String(describing: error))")
    }

    @Test func poolRecoversByItselfAfterKill9() async throws {
        let server = try await PostgresServer()
        let pool = Pool(conninfo: try await server.makeDatabase(), maximumConnections: 4)
        try await pool.withConnection { try await $0.runScript("CREATE TABLE t (i int8 PRIMARY KEY)") }
        for round in 1...2 {
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await pool.run(Sleep(seconds: 0.05)) } }
                try await group.waitForAll()
            }
            let running = (0..<3).map { number in
                Task {
                    try await pool.transaction { connection in
                        try await connection.run(Do("INSERT INTO t VALUES ($1)", 100 * round + number))
                        _ = try await connection.run(Sleep(seconds: 60))
                    }
                }
            }
            try await Task.sleep(for: .milliseconds(300))
            try await server.kill9()
            for task in running { await expectOutage { try await task.value } }
            await expectOutage { _ = try await pool.run(Sleep(seconds: 0)) }
            try await server.start()
            for number in 0..<20 { #expect(try await pool.first(Ask<Int>("SELECT $1", number)) == number) }
            #expect(try await pool.first(Ask<Int>("SELECT count(*) FROM t")) == 0)
        }
        pool.close()
    }

    @Test func idleConnectionNoticesThatItsServerWentAway() async throws {
        let server = try await PostgresServer()
        let connection = try await Connection.connect(to: server.conninfo())
        let stream = try await connection.notifications(on: ["c"])
        let pool = Pool(conninfo: server.conninfo(), maximumConnections: 2)
        #expect(try await pool.first(Ask<Int>("SELECT 1")) == 1)
        for (index, stop) in [false, true].enumerated() {
            let idle = try await Connection.connect(to: server.conninfo())
            try await server.stop(immediately: stop)
            #expect(try await eventually { !idle.isOpen })
            if index == 0 {
                for await _ in stream {}
                #expect(!connection.isOpen)
            }
            await expectOutage { _ = try await idle.run(Sleep(seconds: 0)) }
            await expectOutage { _ = try await pool.run(Sleep(seconds: 0)) }
            try await server.start()
            #expect(try await pool.first(Ask<Int>("SELECT 1")) == 1)
        }
    }

    @Test func sessionEndedByTheOperator() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let operatorConnection = try await Connection.connect(to: conninfo)
        let pool = Pool(conninfo: conninfo, maximumConnections: 1)
        let session = try await pool.first(Ask<Int32>("SELECT pg_backend_pid()"))
        let running = Task { try await pool.run(Sleep(seconds: 60)) }
        let asleep = Ask<Bool>(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", session)
        #expect(try await eventually { try await operatorConnection.first(asleep) == true })
        _ = try await operatorConnection.run(Ask<Bool>("SELECT pg_terminate_backend($1)", session))
        let error = await postgresError { _ = try await running.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.debugDescription.contains("administrator command") == true)
        #expect(try await pool.first(Ask<Int>("SELECT 1")) == 1)
        // pg_cancel_backend is not our cancellation: the task hears of it, and the connection stays.
        let second = try await pool.first(Ask<Int32>("SELECT pg_backend_pid()"))
        let other = Task { try await pool.run(Sleep(seconds: 60)) }
        let asleepAgain = Ask<Bool>(asleep.sql, second)
        #expect(try await eventually { try await operatorConnection.first(asleepAgain) == true })
        _ = try await operatorConnection.run(Ask<Bool>("SELECT pg_cancel_backend($1)", second))
        #expect(await postgresError { _ = try await other.value }?.sqlState == .queryCanceled)
        #expect(try await pool.first(Ask<Int32>("SELECT pg_backend_pid()")) == second)
    }
}
