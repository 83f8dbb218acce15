import Foundation
import LibPQ
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Store

/// A database as Docker Tag Monitor keeps it.
@Suite(.throttled) struct DockerTagMonitorTests {
    static func monitor(_ rows: String) async throws -> String {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let connection = try await Connection.connect(to: conninfo)
        defer { connection.close() }
        try await connection.runScript(
            """
            CREATE TABLE image_to_scrape (
                id serial PRIMARY KEY, endpoint text NOT NULL, image text NOT NULL, tag text NOT NULL,
                added_at timestamp NOT NULL DEFAULT '2025-01-01', last_viewed timestamp NOT NULL, last_pushed timestamp,
                UNIQUE (endpoint, image, tag));
            CREATE TABLE image_update (
                image_id integer NOT NULL REFERENCES image_to_scrape, scraped_at timestamp NOT NULL,
                digest text NOT NULL, PRIMARY KEY (image_id, scraped_at));
            INSERT INTO image_to_scrape (endpoint, image, tag, last_viewed, last_pushed) VALUES
                ('index.docker.io', 'library/python', '3.12', '2026-01-01 05:00', '2026-01-01 02:59'),
                ('index.docker.io', 'owner/app', 'latest', '2025-12-01 00:00', NULL),
                ('ghcr.io', 'a/b', '1', '2025-12-02 00:00', NULL);
            SET TIME ZONE 'Asia/Tokyo';
            \(rows)
            """)
        return conninfo
    }

    static let updates = """
        INSERT INTO image_update SELECT i, timestamp '2026-01-01' + h * interval '1 hour',
            'sha256:' || rpad(encode(name::bytea, 'hex'), 64, '0')
        FROM (VALUES (1, 1, 'A'), (1, 3, 'B'), (1, 4, 'A'), (3, 2, 'C')) u (i, h, name);
        """

    @Test func becomesHistory() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let url = try await Self.monitor(Self.updates)
        try await store.track([TagReference(parsing: "ghcr.io/a/b:1")], origin: .operator, at: hour(9))
        let answer = try await store.importDockerTagMonitor(at: url, skipInvalid: false, now: hour(10))
        #expect(answer.summary.observations == 4 && answer.summary.newRows == 4 && answer.skipped == 0)
        #expect(
            try await store.rows(of: "docker.io/library/python:3.12")
                == ["first A@1", "rebuild A>B@3>1", "rebuild! B>A@4>3"])
        #expect(try await store.rows(of: "ghcr.io/a/b:1") == ["first C@2"])
        // Without any update it is tracked all the same.
        #expect(try await store.newTag("docker.io/owner/app:latest")?.state == .pending)
        let viewed: SQL = """
            SELECT t.last_viewed_at FROM tags t JOIN repositories r ON r.id = t.repository_id ORDER BY r.prefix, t.tag
            """
        // What we know better stays.
        #expect(try await store.values(viewed) == [hour(5), hour(-31 * 24), hour(9)])
        let again = try await store.importDockerTagMonitor(at: url, skipInvalid: false, now: hour(11))
        #expect(again.summary.newRows == 0)
        #expect(try await store.values(viewed) == [hour(5), hour(-31 * 24), hour(9)])
        #expect(try await store.values("SELECT count(*) FROM changes WHERE pushed_at IS NOT NULL") == [0])
    }

    /// What was read before a kill is not read again, as long as that database is what it was.
    @Test func goesOnWhereItWasEnded() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        // Far more groups than go on at a time.
        let url = try await Self.monitor(
            Self.updates + """
                INSERT INTO image_to_scrape (endpoint, image, tag, last_viewed)
                SELECT 'ghcr.io', 'a/c', i, '2026-01-01' FROM generate_series(1, 12) i;
                INSERT INTO image_update SELECT i, '2026-01-01 01:00', 'sha256:' || repeat('a', 64)
                FROM generate_series(4, 15) i
                """)
        let folder = try TemporaryFolder()
        let progress = Mutex<[String]>([])
        let isEnded = Mutex(false)
        let run: @Sendable () async throws -> MonitorImport = {
            try await store.importDockerTagMonitor(
                at: url, skipInvalid: false, now: hour(10),
                progress: { step in
                    progress.withLock { $0.append("\(step)") }
                    guard case .merged = step, isEnded.withLock({ $0 }) else { return }
                    withUnsafeCurrentTask { $0?.cancel() }
                },
                spool: { state in
                    let named = ImportSpool(in: URL(filePath: folder.path), source: state, database: "1")
                    return ImportSpool(folder: named.folder, isKept: true, memory: 100, group: 1)
                })
        }
        isEnded.withLock { $0 = true }
        let first = Task(operation: run)
        await #expect(throws: (any Error).self) { try await first.value }
        #expect(progress.withLock { $0.first } == "read(16)")
        progress.withLock { $0 = [] }
        isEnded.withLock { $0 = false }
        #expect(try await run().summary.observations == 16)
        #expect(progress.withLock { $0.first } == "resumed(16)")
        #expect(!progress.withLock { $0.contains { $0.hasPrefix("read") } })
        #expect(
            try await store.rows(of: "docker.io/library/python:3.12")
                == ["first A@1", "rebuild A>B@3>1", "rebuild! B>A@4>3"])
    }

    @Test func aBadRowIsNamed() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let url = try await Self.monitor(
            Self.updates + """
                INSERT INTO image_update VALUES (2, '2026-01-01', 'sha256:short'),
                    (2, '2026-01-02', 'sha256:' || repeat('a', 64))
                """)
        let error = await #expect(throws: MonitorError.self) {
            try await store.importDockerTagMonitor(at: url, skipInvalid: false, now: hour(10))
        }
        #expect(error?.description.contains("index.docker.io/owner/app:latest") == true)
        #expect(try await store.values("SELECT count(*) FROM tags") == [0])
        let answer = try await store.importDockerTagMonitor(at: url, skipInvalid: true, now: hour(10))
        #expect(answer.problems.last == "index.docker.io/owner/app:latest: its time lies in the future")
        #expect(answer.skipped == 2 && answer.summary.newRows == 4)
    }

    @Test func anotherDatabaseIsRefused() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let url = try await PostgresServer.shared().makeDatabase()
        for (url, words, isPassing) in [
            (url, "Docker Tag Monitor's tables cannot be read there: ", false),
            ("no database", "Docker Tag Monitor's database: the connection string", false),
            ("postgresql://127.0.0.1:1/x", "Docker Tag Monitor's database cannot be reached", true),
        ] {
            let error = await #expect(throws: MonitorError.self) {
                try await store.importDockerTagMonitor(at: url, skipInvalid: true, now: hour(10))
            }
            #expect(error?.description.hasPrefix(words) == true && error?.isPassing == isPassing, "\(error as Any)")
        }
    }
}
