import LibPQ
import Logging
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// From a filled earlier schema to the present one, nothing changes for those who read.
@Suite(.throttled) struct FilledMigrationTests {
    /// As the fourth migration left it: a history with a hidden row, a revert, a return and rows of one time.
    static let filling = """
        INSERT INTO registries (name) VALUES ('registry.test');
        INSERT INTO repositories (registry_id, path) VALUES (1, 'app');
        INSERT INTO media_types (name) VALUES ('application/vnd.oci.image.index.v1+json');
        INSERT INTO digests (digest, media_type_id)
        SELECT decode(rpad(encode(name::bytea, 'hex'), 64, '0'), 'hex'), 1 FROM unnest(ARRAY['A', 'B', 'C']) name;
        INSERT INTO platforms (name) VALUES ('linux/amd64'), ('linux/arm64');
        INSERT INTO platform_sets (platforms) VALUES ('{1,2}');
        INSERT INTO tags (repository_id, reference, origin, state, tracked_since, changes)
        SELECT 1, 'registry.test/app:' || i, 4, 2, '2026-01-01Z', 3 FROM generate_series(1, 2) i;
        INSERT INTO tag_checks (tag_id, registry_id, next_check_at, last_checked_at, last_succeeded_at, digest_id)
        SELECT i, 1, '2026-01-02Z', '2026-01-01 08:00Z', '2026-01-01 08:00Z', 1 FROM generate_series(1, 2) i;
        INSERT INTO changes (tag_id, digest_id, observed_at, not_before, pushed_at, ordinal, kind, source, reverted,
            platform_set_id)
        SELECT tag, digest, timestamptz '2026-01-01Z' + hour * interval '1 hour',
            timestamptz '2026-01-01Z' + before * interval '1 hour', pushed, ordinal, kind, source, reverted, platforms
        FROM generate_series(1, 2) tag, (VALUES
            (1, 1, null, null, 0, 1, 5, false, null),
            (1, 2, null, null, 0, 8, 5, false, null),
            (2, 3, 2, timestamptz '2026-01-01 02:30Z', 0, 2, 1, false, 1),
            (null, 4, 3, null, 0, 6, 1, false, null),
            (3, 5, 4, null, 0, 7, 1, false, null),
            (3, 5, 4, null, 1, 5, 2, false, null),
            (1, 6, 5, null, 0, 3, 1, true, null))
            row (digest, hour, before, pushed, ordinal, kind, source, reverted, platforms)
        """

    @Test func readsTheSameAfterwards() async throws {
        let store = TagStore(
            conninfo: try await PostgresServer.shared().makeDatabase(), maximumConnections: 2,
            logger: Logger(label: "test"))
        defer { store.close() }
        let migrations = try Migration.bundled()
        try await store.migrate(Array(migrations.prefix(4)))
        try await store.pool.withConnection { try await $0.runScript(Self.filling) }
        #expect(try await store.migrate() == migrations.dropFirst(4).map(\.name))
        for name in ["app:1", "app:2"] {
            let tag = try #require(try await store.newTag(name))
            let rows = try await store.history(of: tag.id)
            #expect(
                text(rows) == [
                    "first A@1", "rebuild A>B@3>2", "missing B>-@4>3", "returned C@5>4", "metadata B>C@5>4",
                    "noop! C>A@6>5",
                ])
            #expect(rows.map(\.source) == [.imported, .observed, .observed, .observed, .registry, .observed])
            #expect(rows[1].platforms.map(\.description) == ["linux/amd64", "linux/arm64"])
            #expect(rows[1].pushedAt == hour(2.5) && rows[1].mediaType == .ociIndex)
            let page = try await store.changes(of: reference(name), limit: 10, cursor: nil)
            #expect(text(page.items.map(\.change)) == text(rows.reversed()))
        }
        // The hidden row is still there: what it knew counts when something is put before it.
        try await store.importAll("B@1.5")
        #expect(try await store.rows().prefix(3) == ["first A@1", "rebuild A>B@1.5>1", "rebuild! B>A@2>1.5"])
        let all = try await store.changes(limit: 100, cursor: nil)
        #expect(all.items.count == 14)
        #expect(zip(all.items, all.items.dropFirst()).allSatisfy { $0.change.observedAt >= $1.change.observedAt })
    }

    @Test func everyKindAndSourceIsPacked() {
        for kind in ChangeKind.allCases {
            for source in Source.allCases {
                for reverted in [false, true] {
                    let change = Change(
                        digest: nil, kind: kind, reverted: reverted, source: source, observedAt: hour(0))
                    let packed = PackedChange(PackedChange(change).number)
                    #expect(packed?.kind == kind && packed?.source == source && packed?.reverted == reverted)
                }
            }
        }
        for number: Int16 in [0, 9, 15 | 1 << 4, 1, 1 | 6 << 4, 1 | 1 << 4 | 1 << 8, -1] {
            #expect(PackedChange(number) == nil)
        }
    }
}
