import Foundation
import LibPQ
import Logging
import TestSupport
import Testing

@testable import Store

@Suite(.throttled) struct MigrationTests {
    static func emptyStore() async throws -> TagStore {
        TagStore(
            conninfo: try await PostgresServer.shared().makeDatabase(), maximumConnections: 2,
            logger: Logger(label: "test"))
    }

    static func migration(_ version: Int, _ text: String) -> Migration {
        Migration(version: version, name: "000\(version)_test.sql", text: text)
    }

    @Test func theBundleHoldsWhatTheRepositoryHolds() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../sql").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        let bundled = try Migration.bundled()
        #expect(bundled.map(\.name) == files.sorted())
        #expect(bundled.map(\.version) == Array(1...files.count))
        for migration in bundled {
            let text = try String(contentsOf: folder.appending(path: migration.name), encoding: .utf8)
            #expect(migration.text == text)
        }
    }

    @Test func appliesOnceAlsoUnderTwoAtOnce() async throws {
        let server = try await PostgresServer.shared()
        let conninfo = try await server.makeDatabase()
        let stores = (0..<4).map { _ in
            TagStore(conninfo: conninfo, maximumConnections: 1, logger: Logger(label: "test"))
        }
        #expect(try await stores[0].isMigrated() == false)
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for store in stores { group.addTask { try await store.migrate() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == (try Migration.bundled().map(\.name)))
        #expect(try await stores[0].isMigrated())
        #expect(try await stores[0].migrate() == [])
        for store in stores { store.close() }
    }

    @Test func appliesWhatIsNew() async throws {
        let store = try await Self.emptyStore()
        defer { store.close() }
        let first = Self.migration(1, "CREATE TABLE a ()")
        let second = Self.migration(2, "CREATE TABLE b (); CREATE TABLE c ()")
        #expect(try await store.migrate([first]) == [first.name])
        #expect(try await store.migrate([first, second]) == [second.name])
        #expect(try await store.isMigrated() == false)
        #expect(try await store.values("SELECT to_regclass('c') IS NOT NULL") == [true])
    }

    @Test func refusesAChangedOne() async throws {
        let store = try await Self.emptyStore()
        defer { store.close() }
        try await store.migrate([Self.migration(1, "CREATE TABLE a ()")])
        await #expect(throws: StoreError.migrationChanged("0001_test.sql")) {
            try await store.migrate([Self.migration(1, "CREATE TABLE b ()"), Self.migration(2, "CREATE TABLE c ()")])
        }
        #expect(try await store.values("SELECT to_regclass('c') IS NULL") == [true])
    }

    @Test func refusesANewerDatabase() async throws {
        let store = try await Self.emptyStore()
        defer { store.close() }
        let migrations = (1...3).map { Self.migration($0, "CREATE TABLE t\($0) ()") }
        try await store.migrate(migrations)
        await #expect(throws: StoreError.databaseIsNewer(version: 3, known: 2)) {
            try await store.migrate(Array(migrations.prefix(2)))
        }
    }

    @Test func aFailingOneLeavesNothing() async throws {
        let store = try await Self.emptyStore()
        defer { store.close() }
        let good = Self.migration(1, "CREATE TABLE a ()")
        let bad = Self.migration(2, "CREATE TABLE b (); INSERT INTO nowhere VALUES ('secret')")
        let error = await #expect(throws: StoreError.self) { try await store.migrate([good, bad]) }
        guard case .migrationFailed(bad.name, let reason) = try #require(error) else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("nowhere"))
        #expect(!reason.contains("secret"))
        #expect(try await store.values("SELECT to_regclass('a') IS NOT NULL") == [true])
        #expect(try await store.values("SELECT to_regclass('b') IS NULL") == [true])
        #expect(try await store.migrate([good, Self.migration(2, "CREATE TABLE b ()")]) == [bad.name])
    }
}
