import Foundation
import LibPQ
import OCI
import Synchronization
import TagHistory
import TestSupport
import Testing

@testable import Store

/// Imports of more than memory may hold, ended in the middle or not.
@Suite(.throttled) struct SpooledImportTests {
    /// Every part of an observation, by few tags and in no order.
    static func rows(_ count: Int) throws -> [ImportRow] {
        var random = SeededGenerator(5)
        return try (0..<count).map { _ in
            let time = hour(Double(Int.random(in: 0..<5_000, using: &random)) + 0.123456)
            let isMissing = Int.random(in: 0..<20, using: &random) == 0
            return ImportRow(
                reference: try reference("app:\(Int.random(in: 0..<60, using: &random))"),
                observation: Observation(
                    digest: isMissing ? nil : try digest("D\(Int.random(in: 0..<9, using: &random))"),
                    observedAt: time, notBefore: Bool.random(using: &random) ? time.advanced(bySeconds: -600) : nil,
                    pushedAt: Bool.random(using: &random) ? time.advanced(bySeconds: -60) : nil,
                    mediaType: Bool.random(using: &random) ? .ociIndex : nil,
                    source: Source.allCases.randomElement(using: &random) ?? .imported))
        }
    }

    /// One store that has the rows, and one that shall have them.
    static func stores(_ count: Int) async throws -> (TagStore, TagStore, [ImportRow], ImportSummary) {
        let (store, other) = (try await TestDatabase.migratedStore(), try await TestDatabase.migratedStore())
        let rows = try Self.rows(count)
        return (store, other, rows, try await store.importAll(rows))
    }

    static func keptSpool(in folder: TemporaryFolder) -> ImportSpool {
        ImportSpool(folder: URL(filePath: folder.path + "/spool"), isKept: true, memory: 9_000, group: 100)
    }

    static func chunks(_ rows: [ImportRow]) -> () -> [ImportRow]? {
        var rest = rows[...]
        return {
            defer { rest = rest.dropFirst(100) }
            return rest.isEmpty ? nil : Array(rest.prefix(100))
        }
    }

    static func histories(_ store: TagStore) async throws -> [String] {
        try await store.values(
            """
            SELECT r.prefix || t.tag || ' ' || t.changes || ' ' || t.state || ' ' || h.observed_at || ' ' || h.ordinal || ' '
                || h.what || concat_ws(' ', d.digest, h.not_before, h.pushed_at, m.name, c.last_succeeded_at)
            FROM tags t JOIN repositories r ON r.id = t.repository_id
            JOIN tag_checks c ON c.tag_id = t.id JOIN changes h ON h.tag_id = t.id
            LEFT JOIN digests d ON d.id = h.digest_id LEFT JOIN media_types m ON m.id = d.media_type_id
            ORDER BY r.prefix, t.tag, h.observed_at, h.ordinal
            """)
    }

    @Test func whatDoesNotFitIntoMemoryGivesTheSame() async throws {
        let (store, other, rows, whole) = try await Self.stores(3_000)
        defer { [store, other].forEach { $0.close() } }
        let folder = try TemporaryFolder()
        let spool = ImportSpool(
            folder: URL(filePath: folder.path + "/spool"), isKept: false, memory: 20_000, group: 150)
        let chunks = Self.chunks(rows)
        let parts = try await other.importObservations(at: hour(0), spool: spool) { chunks() }
        #expect(parts.newRows == whole.newRows && parts.tags == 60 && parts.observations == 3_000)
        #expect(try await Self.histories(other) == (try await Self.histories(store)))
        #expect(!FileManager.default.fileExists(atPath: spool.folder.path))
    }

    struct Broken: Error {}

    @Test func goesOnWhereItWasEnded() async throws {
        let (store, other, rows, _) = try await Self.stores(2_000)
        defer { [store, other].forEach { $0.close() } }
        let folder = try TemporaryFolder()
        let spool = Self.keptSpool(in: folder)
        // Ended while it reads: nothing is kept.
        await #expect(throws: Broken.self) {
            var count = 0
            return try await other.importObservations(at: hour(0), spool: spool) {
                count += 1
                if count > 15 { throw Broken() }
                return Array(rows[(count * 100)..<(count * 100 + 100)])
            }
        }
        #expect(!spool.isWhole)
        #expect(try await Self.histories(other).isEmpty)
        // Ended while it merges, again and again.
        var told: [String] = []
        for attempt in 0..<3 {
            let chunks = Self.chunks(rows)
            let importing = Task {
                try await other.importObservations(at: hour(0), spool: spool) { progress in
                    if case .merged(let count, _) = progress, count > 100 { withUnsafeCurrentTask { $0?.cancel() } }
                } next: {
                    if attempt > 0 { throw Broken() }
                    return chunks()
                }
            }
            await #expect(throws: (any Error).self) { try await importing.value }
            #expect(spool.isWhole)
        }
        let before = try await Self.histories(other).count
        #expect(before > 0)
        let summary = try await other.importObservations(at: hour(0), spool: spool) { progress in
            if case .resumed(let count) = progress { told.append("resumed \(count)") }
        } next: {
            throw Broken()
        }
        #expect(told == ["resumed 2000"])
        #expect(summary.tags < 60 && summary.observations == 2_000)
        #expect(try await Self.histories(other) == (try await Self.histories(store)))
        #expect(!spool.isWhole)
    }

    @Test func oneImportAtATimeHasASpool() async throws {
        let folder = try TemporaryFolder()
        let spool = ImportSpool(folder: URL(filePath: folder.path + "/spool"), isKept: true, memory: 1_000)
        do {
            var first = try SpooledRows(spool)
            // While it reads, and when it has read everything.
            #expect(throws: StoreError.importedElsewhere) { try SpooledRows(spool) }
            try first.add(Self.rows(100))
            try first.finish()
            #expect(throws: StoreError.importedElsewhere) { try SpooledRows(spool) }
            withExtendedLifetime(first) {}
        }
        let second = try SpooledRows(spool)
        #expect(second.isResumed && second.count == 100)
        second.remove()
        // Whoever comes now begins anew, though the one before has not ended quite.
        let third = try SpooledRows(spool)
        #expect(!third.isResumed)
        withExtendedLifetime((second, third)) {}
    }

    @Test func twoImportsOfOneFileAtOnce() async throws {
        let (store, other, rows, _) = try await Self.stores(2_000)
        defer { [store, other].forEach { $0.close() } }
        let folder = try TemporaryFolder()
        let spool = Self.keptSpool(in: folder)
        let chunks = Self.chunks(rows)
        var count = 0
        let summary = try await other.importObservations(at: hour(0), spool: spool) {
            count += 1
            if count == 10 {
                await #expect(throws: StoreError.importedElsewhere) {
                    try await other.importObservations(at: hour(0), spool: spool) { nil }
                }
            }
            return chunks()
        }
        #expect(summary.observations == 2_000 && summary.tags == 60)
        #expect(try await Self.histories(other) == (try await Self.histories(store)))
        #expect(!FileManager.default.fileExists(atPath: spool.folder.path))
    }

    /// What a killed import left goes, unless it can be gone on with; what is held or of another kind stays.
    @Test func whatIsLeftInVainIsRemoved() async throws {
        let folder = try TemporaryFolder()
        let parent = URL(filePath: folder.path)
        let (killed, going) = (ImportSpool.temporary(in: parent), ImportSpool.temporary(in: parent))
        let kept = ImportSpool(in: parent, source: "file", database: "1")
        let old = ImportSpool(in: parent, source: "old file", database: "1")
        for spool in [killed, kept, old] { _ = try SpoolLock(spool.folder) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -8 * 86_400)], ofItemAtPath: old.folder.path)
        let lock = try SpoolLock(going.folder)
        ImportSpool.removeForgotten(in: parent)
        withExtendedLifetime(lock) {
            let left = [killed, going, kept, old].map { FileManager.default.fileExists(atPath: $0.folder.path) }
            #expect(left == [false, true, true, false])
        }
    }

    /// Nobody could go on with it.
    @Test func aFailedImportOfNoFileLeavesNothing() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let folder = try TemporaryFolder()
        let spool = ImportSpool(
            folder: URL(filePath: folder.path + "/spool"), isKept: false, memory: 9_000, group: 100)
        let chunks = Self.chunks(try Self.rows(2_000))
        let importing = Task {
            try await store.importObservations(at: hour(0), spool: spool) { progress in
                if case .merged = progress { withUnsafeCurrentTask { $0?.cancel() } }
            } next: {
                chunks()
            }
        }
        await #expect(throws: (any Error).self) { try await importing.value }
        let tags = try await store.values("SELECT count(*) FROM tags", as: Int.self)[0]
        #expect(tags > 0 && tags < 60)
        #expect(!FileManager.default.fileExists(atPath: spool.folder.path))
    }

    @Test func sourcesAndDatabasesAreToldApart() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let parent = URL(filePath: "/nowhere")
        let identity = try await store.identity()
        #expect(!identity.isEmpty)
        let spools = [("a", identity), ("b", identity), ("a", "other")].map {
            ImportSpool(in: parent, source: $0, database: $1).folder
        }
        #expect(Set(spools).count == 3)
        #expect(ImportSpool(in: parent, source: "a", database: identity).folder == spools[0])
    }
}
