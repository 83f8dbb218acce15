import Crypto
import Foundation
import LibPQ

/// One file of `sql/`: `0001_initial.sql` is version 1.
public struct Migration: Sendable, Hashable {
    public let version: Int
    public let name: String
    public let text: String
    var checksum: ByteString { ByteString(Array(SHA256.hash(data: Data(text.utf8)))) }

    /// The migrations that this binary carries, in order.
    /// - Throws: ``StoreError/missingResources(_:)`` where the resource bundle was not installed with the binary.
    public static func bundled() throws -> [Migration] {
        let folder = try bundledFolder()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let migrations = try names.filter { $0.hasSuffix(".sql") }.compactMap { name -> Migration? in
            guard let version = Int(name.prefix { $0 != "_" }) else { return nil }
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            return Migration(version: version, name: name, text: text)
        }
        return migrations.sorted { $0.version < $1.version }
    }

    /// Beside the binary, or where this file was compiled. `Bundle.module` looks in such places too, but where it finds
    /// nothing it ends the process with a crash instead of an error.
    private static func bundledFolder() throws -> URL {
        let installed = Bundle.main.bundleURL.appendingPathComponent("tagbeat_Store.resources/sql")
        let compiled = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("sql")
        for folder in [installed, compiled] where FileManager.default.fileExists(atPath: folder.path) { return folder }
        throw StoreError.missingResources(installed.path)
    }
}

extension TagStore {
    /// Brings the schema up to this binary's version; waits while another process does so.
    /// - Returns: the names of the migrations that were applied now.
    /// - Throws: ``StoreError`` where the database is newer, or a migration differs from the one that was applied.
    @discardableResult
    public func migrate(_ migrations: [Migration]? = nil) async throws -> [String] {
        let migrations = try migrations ?? Migration.bundled()
        let connection = try await pool.dedicatedConnection()
        defer { connection.close() }
        try await connection.run(LockMigrations())
        try await connection.runScript(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """)
        let applied = try await connection.run(AppliedMigrations()).rows
        let known = migrations.last?.version ?? 0
        if let newest = applied.last?.version, newest > known {
            throw StoreError.databaseIsNewer(version: newest, known: known)
        }
        var names: [String] = []
        for migration in migrations {
            if let earlier = applied.first(where: { $0.version == migration.version }) {
                guard earlier.checksum == migration.checksum else { throw StoreError.migrationChanged(migration.name) }
                continue
            }
            do { try await connection.apply(migration, attempts: 5) } catch let error as PostgresError
                where error.code == .server
            {
                throw StoreError.migrationFailed(migration.name, reason: error.description)
            }
            names.append(migration.name)
        }
        return names
    }

    /// Whether the schema is exactly this binary's; false also where no schema is there yet.
    public func isMigrated() async throws -> Bool {
        do {
            let applied = try await pool.run(AppliedMigrations()).rows
            return try applied.map(\.checksum) == Migration.bundled().map(\.checksum)
        } catch let error as PostgresError where error.sqlState == .undefinedTable {
            return false
        }
    }
}

extension Connection {
    /// Workers of an earlier version lock tables in another order, and one of the two is told to try again.
    fileprivate func apply(_ migration: Migration, attempts: Int) async throws {
        do {
            try await transaction { connection in
                try await connection.runScript(migration.text)
                try await connection.run(RecordMigration(migration: migration))
            }
        } catch let error as PostgresError where error.sqlState?.isRetryable == true && attempts > 1 {
            try await apply(migration, attempts: attempts - 1)
        }
    }
}

struct LockMigrations: Statement {
    typealias Row = Bool
    static let sql: SQL = "SELECT pg_advisory_lock(7627108, 0) IS NULL"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

struct AppliedMigrations: Statement {
    static let sql: SQL = "SELECT version, checksum FROM schema_migrations ORDER BY version"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (version: Int, checksum: ByteString) {
        (try row.next(), try row.next())
    }
}

struct RecordMigration: Statement {
    typealias Row = Never
    let migration: Migration
    static let sql: SQL = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)"
    func bind(_ parameters: inout Parameters) {
        parameters.append(Int32(migration.version))
        parameters.append(migration.name)
        parameters.append(migration.checksum)
    }
}
