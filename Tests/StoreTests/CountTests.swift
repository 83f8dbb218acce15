import LibPQ
import OCI
import TestSupport
import Testing

@testable import Store

/// What the database counts by itself, against counting.
@Suite(.throttled) struct CountTests {
    static func expectTrueCounts(_ store: TagStore, _ step: String) async throws {
        let counted = try await store.counts().map { "\($0.state.rawValue) \($0.tags) \($0.changes)" }.sorted()
        let real = try await store.values(
            "SELECT state || ' ' || count(*) || ' ' || sum(changes) FROM tags GROUP BY state", as: String.self)
        #expect(counted == real.sorted(), "\(step)")
        #expect(
            try await [store.trackedCount()] == store.values("SELECT count(*) FROM tags WHERE state <> 4"), "\(step)")
    }

    @Test func theyFollowEverything() async throws {
        let checker = try await RecordingTwiceTests.checker(origin: .visitor)
        let store = checker.store
        defer { store.close() }
        try await checker.live("A B -")
        try await Self.expectTrueCounts(store, "live")
        let references = try (0..<40).map { try reference("other\($0 % 3):\($0)") }
        try await store.track(references, origin: .visitor, at: hour(3))
        try await Self.expectTrueCounts(store, "tracked")
        for (index, reference) in references.enumerated().prefix(30) {
            try await store.importAll("A@1 B@\(index + 2) C@\(index + 3)", of: reference.description)
            if index.isMultiple(of: 7) { try await store.foldCounts() }
        }
        try await Self.expectTrueCounts(store, "imported")
        for reference in references.prefix(5) { #expect(try await store.untrack(reference)) }
        try await Self.expectTrueCounts(store, "untracked")
        // What no registry has is removed.
        let claims = try await checker.claims(at: hour(4)).filter { references.suffix(10).contains($0.reference) }
        _ = try await checker.record(claims, .missing, at: hour(4))
        #expect(try await store.tag(references[39]) == nil)
        try await Self.expectTrueCounts(store, "removed")
        try await store.foldCounts()
        try await Self.expectTrueCounts(store, "folded")
        #expect(try await store.values("SELECT count(*) FROM tag_counts", as: Int.self).first ?? 99 <= 5)
        _ = try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask { try await store.importAll("Z@\(index + 90)", of: "other0:\(index)") }
                group.addTask { try await store.foldCounts() }
            }
            try await group.waitForAll()
        }
        try await Self.expectTrueCounts(store, "at the same time")
    }

    /// By the hour for two months, then by the day, and the sums stay.
    @Test func oldHoursBecomeDays() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.pool.withConnection {
            try await $0.runScript(
                """
                INSERT INTO registries (name) VALUES ('a.test'), ('b.test');
                INSERT INTO check_counts (hour, registry_id, seconds, unchanged, changed, missing, failed)
                SELECT timestamptz '2025-10-01Z' + h * interval '1 hour', r, 0.5, h, 1, 2, 3
                FROM generate_series(0, 92 * 24 - 1) h, generate_series(1, 2) r;
                INSERT INTO request_counts (hour, registry_id, host, purpose, requests)
                SELECT hour, registry_id, 'host', p, unchanged FROM check_counts, generate_series(1, 2) p
                """)
        }
        let sums: SQL = """
            SELECT concat_ws(' ', date_trunc('day', hour, 'UTC'), registry_id, sum(seconds), sum(unchanged), sum(changed),
                sum(missing), sum(failed)) FROM check_counts GROUP BY date_trunc('day', hour, 'UTC'), registry_id
            UNION ALL SELECT concat_ws(' ', date_trunc('day', hour, 'UTC'), registry_id, host, purpose, sum(requests))
            FROM request_counts GROUP BY date_trunc('day', hour, 'UTC'), registry_id, host, purpose ORDER BY 1
            """
        let before = try await store.values(sums, as: String.self)
        for _ in 0..<2 {
            try await store.foldHours(at: hour(5))
            #expect(try await store.values(sums, as: String.self) == before)
            // 32 days by the day, 60 by the hour.
            #expect(try await store.values("SELECT count(*) FROM check_counts") == [2 * (32 + 60 * 24)])
            #expect(try await store.values("SELECT count(*) FROM request_counts") == [4 * (32 + 60 * 24)])
        }
    }

    @Test func generatedOnesCount() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        _ = try await store.generate(GenerateTests.site())
        try await Self.expectTrueCounts(store, "generated")
    }

    /// Another definition: everything is computed anew, once, also where it was ended in the middle.
    @Test func summariesFollowTheirDefinition() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        _ = try await store.generate(GeneratedSite(tags: 1_300, changes: 4_000, seed: 9, until: hour(0)))
        #expect(try await store.recomputeSummaries(at: hour(0)) == 1_300)
        #expect(try await store.recomputeSummaries(at: hour(0)) == 0)
        let summaries: SQL = """
            SELECT concat_ws(' ', id, changes, changes_30d, interval_days, c.first_seen_at, last_changed_at)
            FROM tags JOIN tag_checks c ON c.tag_id = id ORDER BY id
            """
        let right = try await store.values(summaries, as: String.self)
        try await store.pool.withConnection {
            try await $0.runScript("UPDATE tags SET changes = 77, interval_days = NULL, changes_30d = 1")
        }
        // A worker that was ended after a part, of this and of a later program.
        let next = TagSummary.definition + 1
        for definition in [next - 1, next] {
            _ = try await store.pool.run(NoteDefinition(definition: definition, last: 700))
        }
        #expect(try await store.recomputeSummaries(at: hour(0), definition: next) == 600)
        #expect(try await store.values(summaries, as: String.self).suffix(600) == right.suffix(600))
        #expect(try await store.recomputeSummaries(at: hour(0), definition: next + 1) == 1_300)
        #expect(try await store.values(summaries, as: String.self) == right)
        try await Self.expectTrueCounts(store, "computed anew")
    }
}
