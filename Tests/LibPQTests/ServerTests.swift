import LibPQ
import TestSupport
import Testing

@Suite struct ServerTests {
    @Test func databasesAreCopiesOfTheirTemplate() async throws {
        let server = try await PostgresServer.shared()
        let template = try await server.makeDatabase()
        let connection = try await Connection.connect(to: template)
        try await connection.runScript("CREATE TABLE mark (i int)")
        connection.close()
        let copies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try await server.makeDatabase(template: template) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(copies.count == 4)
        for copy in copies {
            let connection = try await Connection.connect(to: copy)
            try await connection.runScript("SELECT i FROM mark")
            connection.close()
        }
    }
}
