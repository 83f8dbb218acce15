import Foundation
import LibPQ
import TestSupport
import Testing

@Suite struct LeakTests {
    /// In a process of its own, where no other test opens anything.
    @Test func fiveHundredConnectionsLeaveNoThreadAndNoDescriptor() async throws {
        await #expect(processExitsWith: .success) {
            func count(_ folder: String) throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/" + folder).count
            }
            let conninfo = try await PostgresServer.shared().makeDatabase()
            func connectAndClose(_ number: Int) async throws {
                let connection = try await Connection.connect(to: conninfo)
                #expect(try await connection.first(Ask<Int>("SELECT $1", number)) == number)
                // By the last reference as well as by name, and with a cancelled statement now and then.
                if number % 10 == 0 {
                    let task = Task { try await connection.run(Sleep(seconds: 60)) }
                    try await Task.sleep(for: .milliseconds(2))
                    task.cancel()
                    _ = try? await task.value
                }
                if number % 2 == 0 { connection.close() }
                _ = try? await Connection.connect(to: "host=/nowhere user=u")
            }
            for number in 0..<20 { try await connectAndClose(number) }
            // Threads end a moment after their connection.
            try await Task.sleep(for: .milliseconds(500))
            let (descriptors, threads) = (try count("fd"), try count("task"))
            for number in 0..<500 { try await connectAndClose(number) }
            let isClean = try await eventually {
                let (nowOpen, nowRunning) = (try count("fd"), try count("task"))
                return nowOpen <= descriptors + 2 && nowRunning <= threads + 4
            }
            let now = (try count("fd"), try count("task"))
            #expect(isClean, "\(descriptors) → \(now.0) descriptors, \(threads) → \(now.1) threads")
        }
    }
}
