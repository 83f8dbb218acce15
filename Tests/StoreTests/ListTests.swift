import LibPQ
import OCI
import Store
import TagHistory
import TestSupport
import Testing

@Suite(.throttled) struct ListTests {
    /// Tags with ties and unknown values in every column that lists sort by.
    static func store() async throws -> TagStore {
        let store = try await TestDatabase.migratedStore()
        try await store.track(
            (0..<60).map { try reference("\(["a.test", "b.test:5000"][$0 % 2])/team/app\($0 % 3):v\($0)") },
            origin: .starter, at: hour(0))
        try await store.pool.withConnection {
            try await $0.runScript(
                """
                UPDATE tags SET changes = id % 4, changes_30d = id % 3, tracked_since = '2026-01-01Z'::timestamptz
                        + id % 5 * interval '1 hour 0.000001 s', state = 1 + id % 5,
                    interval_days = CASE WHEN id % 3 = 0 THEN NULL ELSE (id % 7) / 3.0 END,
                    last_changed_at = CASE WHEN id % 4 = 0 THEN NULL
                        ELSE '2026-01-01Z'::timestamptz + id % 6 * interval '1 day 0.000003 s' END;
                UPDATE tag_checks SET next_check_at = 'infinity' WHERE tag_id IN (SELECT id FROM tags WHERE state = 4)
                """)
        }
        return store
    }

    static func all(_ store: TagStore, _ query: TagQuery) async throws -> [TrackedTag] {
        var query = query
        var tags: [TrackedTag] = []
        for _ in 0..<100 {
            let page = try await store.tags(query)
            tags += page.items
            guard let next = page.next else { return tags }
            #expect(page.items.count == query.limit)
            query.cursor = next
        }
        Issue.record("the list has no end")
        return tags
    }

    @Test func aListIsNarrowedToARhythm() async throws {
        let store = try await Self.store()
        defer { store.close() }
        try await store.pool.withConnection {
            try await $0.runScript("UPDATE tags SET rhythm = 1 + id % 13 WHERE id % 2 = 0")
        }
        for (word, number) in [(Rhythm.Word.weekly, 6), (.stopped, 2), (.rare, 13)] {
            for sort in TagSort.allCases {
                var query = TagQuery()
                (query.rhythm, query.sort, query.descending, query.limit) = (word, sort, true, 2)
                let found = try await Self.all(store, query).map(\.id)
                #expect(!found.isEmpty)
                #expect(Set(found).count == found.count)
                #expect(found.allSatisfy { $0 % 2 == 0 && 1 + Int($0) % 13 == number })
                query.text = "APP1"
                let narrowed = try await Self.all(store, query).map(\.id)
                #expect(Set(narrowed).isSubset(of: found))
            }
        }
    }

    /// What was rebuilt and is no more is one thing where a newer version came and another where none did.
    @Test func aNightTellsWhatStopped() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let daily = zip("ABCDEFGHIJKL", 0...).map { "\($0)@\($1 * 24)" }.joined(separator: " ")
        for name in ["app:1.1", "app:1.2", "other:1"] { try await store.importAll(daily, of: name) }
        try await store.importAll("L@19989 M@19990", of: "app:1.2")
        try await store.importAll("A@1", of: "still:1")
        try await store.refreshSummaries(at: hour(20_000))
        func found(_ word: Rhythm.Word) async throws -> [String] {
            var query = TagQuery()
            query.rhythm = word
            return try await store.tags(query).items.map(\.reference.familiar)
        }
        let stopped = try await found(.stopped)
        #expect(stopped == [try reference("other:1").familiar])
        #expect(try await found(.superseded) == [try reference("app:1.1").familiar])
        #expect(try await found(.unchanged) == [try reference("still:1").familiar])
    }

    @Test(arguments: TagSort.allCases, [false, true])
    func everySortGivesEachTagOnce(sort: TagSort, descending: Bool) async throws {
        let store = try await Self.store()
        defer { store.close() }
        var query = TagQuery()
        (query.sort, query.descending, query.limit) = (sort, descending, 7)
        let tags = try await Self.all(store, query)
        #expect(tags.count == 48)
        #expect(Set(tags.map(\.id)).count == 48)
        #expect(!tags.contains { $0.state == .untracked })
        // What is not known comes last.
        let nulls: SQL = descending ? " NULLS FIRST)" : " NULLS LAST)"
        let column: SQL =
            switch sort {
            case .name: "rank() OVER (ORDER BY (SELECT prefix FROM repositories r WHERE r.id = repository_id), tag)"
            case .changes: "changes"
            case .changes30d: "changes_30d"
            case .interval: "rank() OVER (ORDER BY interval_days" + nulls
            case .lastChanged: "rank() OVER (ORDER BY last_changed_at" + nulls
            case .trackedSince: "rank() OVER (ORDER BY tracked_since)"
            }
        let ids: [Int32] = try await store.values("SELECT id FROM tags ORDER BY id")
        let keys: [Int] = try await store.values(
            "SELECT k FROM (SELECT id, " + column + " AS k FROM tags) x ORDER BY id")
        let keyOf = Dictionary(uniqueKeysWithValues: zip(ids, keys))
        let order = try tags.map { (try #require(keyOf[$0.id]), $0.id) }
        #expect(order.elementsEqual(descending ? order.sorted(by: >) : order.sorted(by: <), by: ==))
    }

    @Test func filters() async throws {
        let store = try await Self.store()
        defer { store.close() }
        var query = TagQuery()
        for state in TagState.allCases {
            query.state = state
            for sort in TagSort.allCases {
                (query.sort, query.limit) = (sort, 5)
                let tags = try await Self.all(store, query)
                #expect(tags.count == 12)
                #expect(tags.allSatisfy { $0.state == state })
            }
        }
        query = TagQuery()
        query.limit = 5
        query.registry = try Registry(parsing: "b.test:5000")
        #expect(try await Self.all(store, query).allSatisfy { $0.reference.registry.name == "b.test:5000" })
        #expect(try await Self.all(store, query).count == 24)
        query.registry = try Registry(parsing: "b.test")
        #expect(try await Self.all(store, query).isEmpty)
        query.registry = nil
        query.repository = try Repository(parsing: "a.test/team/app1")
        query.sort = .changes
        let tags = try await Self.all(store, query)
        #expect(tags.count == 8)
        #expect(tags.allSatisfy { $0.reference.repository.description == "a.test/team/app1" })
        query.repository = try Repository(parsing: "a.test/team/app")
        #expect(try await Self.all(store, query).isEmpty)
    }

    @Test func search() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let names = ["docker.io/library/python:3.12", "a.test/my_app:1", "a.test/myxapp:V1-RC", "a.test/my.app:1"]
        try await store.track(names.map(reference), origin: .starter, at: hour(0))
        let cases: [(String, Int)] = [
            ("", 4), ("python", 1), ("PyTHon:3", 1), ("library/py", 1), ("my_app", 1), ("my%app", 0), ("%", 0),
            ("_", 1),
            ("\\", 0), ("\\_", 0), ("v1-rc", 1), ("V1-RC", 1), ("1", 4), ("t/", 3), ("'", 0),
            ("\"; DROP TABLE tags", 0),
            ("%\u{301}", 0), ("_\u{301}", 0), ("a\0b", 0), ("\0", 0), ("🐍", 0),
            (String(repeating: "x", count: 5_000), 0),
        ]
        for (text, count) in cases {
            for sort in TagSort.allCases {
                var query = TagQuery()
                (query.text, query.sort) = (text, sort)
                #expect(try await store.tags(query).items.count == count, "\(text)")
            }
        }
    }

    @Test func limits() async throws {
        let store = try await Self.store()
        defer { store.close() }
        for (limit, count) in [(-3, 1), (0, 1), (1, 1), (48, 48), (5_000, 48), (.max, 48)] {
            var query = TagQuery()
            query.limit = limit
            let page = try await store.tags(query)
            #expect(page.items.count == count)
            #expect((page.next == nil) == (count == 48))
        }
    }

    @Test func otherListsCursorsAreRefused() async throws {
        let store = try await Self.store()
        defer { store.close() }
        var cursors: [String] = []
        for sort in TagSort.allCases {
            for descending in [false, true] {
                var query = TagQuery()
                (query.sort, query.descending, query.limit) = (sort, descending, 5)
                cursors.append(try #require(try await store.tags(query).next))
                for cursor in cursors.dropLast() {
                    query.cursor = cursor
                    await #expect(throws: StoreError.invalidCursor) { try await store.tags(query) }
                }
            }
        }
        #expect(Set(cursors).count == 12)
    }

    @Test func cursorsThatAreMadeUp() async throws {
        let store = try await Self.store()
        defer { store.close() }
        try await store.importAll("A@0 B@1 C@2", of: "x.test/app:1")
        func encoded(_ json: String) -> String {
            var text = ""
            var bits = 0
            var count = 0
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            for byte in json.utf8 {
                (bits, count) = (bits << 8 | Int(byte), count + 8)
                while count >= 6 {
                    count -= 6
                    text.append(alphabet[bits >> count & 63])
                }
            }
            if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
            return text
        }
        var bad = ["", "x", "%%%", "é", "\0", String(repeating: "A", count: 100_000), encoded("[]"), encoded("{}")]
        for values in [
            "[]", #"["1"]"#, #"["1","x"]"#, #"["1","99999999999"]"#, #"["9223372036854775807","1"]"#,
            #"["-9223372036854775808","1"]"#, #"["nan","1"]"#, #"["1e999","1"]"#, #"["1","1","1"]"#,
            #"["a\u0000","1"]"#,
            #"["9223372036854775807","1","0"]"#, #"["1","1","99999"]"#, #"["a","1","1"]"#,
        ] {
            for kind in TagSort.allCases.flatMap({ [$0.rawValue + "+", $0.rawValue + "-"] }) + [
                "changes", "changes of x.test/app:1",
            ] {
                bad.append(encoded(#"{"kind":"\#(kind)","values":\#(values)}"#))
            }
        }
        for cursor in bad {
            // Refused or, where it could be one, taken: never an error of the database.
            for sort in TagSort.allCases {
                var query = TagQuery()
                (query.sort, query.cursor, query.descending) = (sort, cursor, cursor.count % 2 == 0)
                do { _ = try await store.tags(query) } catch StoreError.invalidCursor {}
            }
            do { _ = try await store.changes(limit: 5, cursor: cursor) } catch StoreError.invalidCursor {}
            do {
                _ = try await store.changes(of: reference("x.test/app:1"), limit: 5, cursor: cursor)
            } catch StoreError.invalidCursor {}
        }
    }
}
