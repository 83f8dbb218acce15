import LibPQ
import OCI
import TestSupport
import Testing

@testable import Store

/// Whoever looks a tag up by its name reads no other tag of its repository, however many that has.
@Suite(.throttled) struct TagKeysTests {
    @Test(arguments: [
        ("SELECT t.id FROM " + TagKeys.named, "text[]", "'{docker.io/library/app:7}'"),
        (SelectTagsNamed.sql, "text[]", "'{docker.io/library/app:7}'"),
        (SelectTag.sql, "text", "'docker.io/library/app:7'"),
        (
            InsertTags.sql, "text[], text[], smallint, timestamptz",
            "'{docker.io/library/app:}', '{7}', 1::smallint, now()"
        ),
        (
            SetViewed.sql, "text[], text[], timestamptz[], boolean[], timestamptz",
            "'{docker.io/library/app:}', '{7}', '{now}', '{f}', now()"
        ),
    ])
    func oneOfMany(sql: SQL, types: String, values: String) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track((0..<4_000).map { try reference("app:\($0)") }, origin: .operator, at: hour(0))
        try await store.track((0..<400).map { try reference("app\($0 % 100):\($0)") }, origin: .operator, at: hour(0))
        let plan = try await store.pool.withConnection { connection in
            try await connection.runScript(
                """
                ANALYZE; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
                PREPARE looked_up (\(types)) AS \(sql.text)
                """)
            try await connection.runScript(
                """
                CREATE TEMPORARY TABLE plans (line text);
                DO $$ DECLARE line text; BEGIN
                    FOR line IN EXECUTE $e$EXPLAIN (COSTS OFF) EXECUTE looked_up (\(values))$e$ LOOP
                        INSERT INTO plans VALUES (line);
                    END LOOP;
                END $$
                """)
            return try await connection.run(Query<String>(sql: "SELECT line FROM plans")).rows
        }
        #expect(plan.contains { $0.contains("Index Cond") && $0.contains("tag = ") }, "\(plan.joined(separator: "\n"))")
        #expect(!plan.contains { $0.contains("Join Filter") && $0.contains("tag = ") })
    }
}
