import Foundation
import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// A made-up site has to be one that the store could have recorded.
@Suite(.throttled) struct GenerateTests {
    static func site(seed: UInt64 = 1) -> GeneratedSite {
        GeneratedSite(tags: 400, changes: 6_000, seed: seed, until: hour(0))
    }

    static func contents(_ store: TagStore) async throws -> [[String]] {
        let texts: [SQL] = [
            "SELECT t::text FROM (SELECT * FROM tags ORDER BY id) t",
            "SELECT c::text FROM (SELECT * FROM tag_checks ORDER BY tag_id) c",
            "SELECT h::text FROM (SELECT * FROM changes ORDER BY tag_id, observed_at, ordinal) h",
            "SELECT d::text FROM (SELECT * FROM digests ORDER BY id) d",
        ]
        var contents: [[String]] = []
        for text in texts { contents.append(try await store.values(text)) }
        return contents
    }

    @Test func sameSeedSameSite() async throws {
        let stores = try await (
            TestDatabase.migratedStore(), TestDatabase.migratedStore(), TestDatabase.migratedStore()
        )
        defer { [stores.0, stores.1, stores.2].forEach { $0.close() } }
        let rows = try await stores.0.generate(Self.site())
        #expect(try await stores.1.generate(Self.site()) == rows)
        _ = try await stores.2.generate(Self.site(seed: 2))
        let contents = try await Self.contents(stores.0)
        #expect(contents == (try await Self.contents(stores.1)))
        #expect(contents != (try await Self.contents(stores.2)))
        #expect(contents[0].count == 400 && contents[2].count == rows)
        await #expect(throws: StoreError.self) { try await stores.0.generate(Self.site()) }
    }

    /// Written again as observations and imported elsewhere, it is the same.
    @Test func itsHistoriesAreTheStoresOwn() async throws {
        let store = try await TestDatabase.migratedStore()
        let other = try await TestDatabase.migratedStore()
        defer { [store, other].forEach { $0.close() } }
        _ = try await store.generate(Self.site())
        let indexes: SQL = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        #expect(try await store.values(indexes, as: String.self) == (try await other.values(indexes)))
        var last: TagReference?
        while case let rows = try await store.exportObservations(after: last), let end = rows.last {
            _ = try await other.importAll(rows, at: hour(0))
            last = end.reference
        }
        let references = try await store.values(
            "SELECT r.prefix || t.tag FROM tags t JOIN repositories r ON r.id = t.repository_id", as: TagReference.self)
        #expect(references.count == 400)
        for reference in references {
            let (mine, its) = try await (store.tag(reference), other.tag(reference))
            let (tag, imported) = (try #require(mine), try #require(its))
            let rows = try await store.history(of: tag.id)
            func plain(_ rows: [Change]) -> [Change] {
                // What a change was is known by contents, which no export tells.
                rows.map { row in
                    var row = row
                    if row.kind.isChange { row.kind = .rebuild }
                    (row.mediaType, row.platforms) = (nil, [])
                    return row
                }
            }
            #expect(plain(rows) == plain(try await other.history(of: imported.id)))
            #expect(tag.state == imported.state && tag.digest == imported.digest)
            #expect(tag.lastSucceededAt == imported.lastSucceededAt && tag.lastChangedAt == imported.lastChangedAt)
        }
        let counts: SQL = """
            SELECT t.changes || ' ' || t.changes_30d FROM tags t JOIN repositories r ON r.id = t.repository_id
            ORDER BY r.prefix, t.tag
            """
        #expect(try await store.values(counts, as: String.self) == (try await other.values(counts)))
        #expect(try await store.track([reference("app:1")], origin: .visitor, at: hour(1)).values.first == .added)
    }

    @Test func severalTagsBearADigest() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let rows = try await store.generate(GeneratedSite(tags: 5_000, changes: 50_000, seed: 3, until: hour(0)))
        #expect((40_000...60_000).contains(rows))
        let bearers = try await store.values(
            "SELECT (SELECT count(DISTINCT (tag_id, digest_id)) FROM changes)::float8 / count(*) FROM digests",
            as: Double.self)
        #expect(bearers.allSatisfy { (4...7).contains($0) })
    }
}
