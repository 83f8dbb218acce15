import LibPQ
import OCI
import TestSupport
import Testing

@testable import Store

/// Each way of looking for a text finds what is there, in order, and nothing else.
@Suite(.throttled) struct SearchTests {
    /// What all pages show, from the first to the last.
    private static func all(_ query: TagQuery, in store: TagStore) async throws -> [TrackedTag] {
        var (query, found) = (query, [TrackedTag]())
        repeat {
            let page = try await store.tags(query)
            found += page.items
            query.cursor = page.next
        } while query.cursor != nil
        return found
    }

    @Test(arguments: [
        "", "a", "z", "py", "PY", "zq", "on", "n3", "q-", "-q", ":3", "3:", "/l", "_", "__", "a_", "_b", "--", "..",
        "1.2", "x.y", "_x", "-q", "2_", "r_2", "j", "2z",
        ".-",
        "-.", "python", "core", "t:3", "%", "_%", "ſ", "a b", "\\", "\u{0}", "@", "io/l", "x", "qx", "10", "5000",
    ])
    func everyWayFindsTheSame(text: String) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let names = [
            "docker.io/library/python:3.12", "docker.io/library/python:3", "ghcr.io/a_b/core--zq:q-1",
            "quay.io/qx/x:zq", "registry.test:5000/a/b:x..y", "registry.test/a__b:10-.x", "registry.test/zebra:PyPy",
            "registry.test/core:3.1-q", "registry.test/last:a", "registry.test/odd:r_2.10-J",
        ]
        try await store.track(names.map { try TagReference(parsing: $0) }, origin: .starter, at: hour(0))
        for (sort, descending) in [
            (TagSort.name, false), (.name, true), (.trackedSince, true), (.changes, false), (.lastChanged, true),
            (.lastChanged, false),
        ] {
            var query = TagQuery()
            (query.text, query.sort, query.descending, query.limit) = (text, sort, descending, 2)
            let expected = names.filter { text.isEmpty || $0.lowercased().contains(text.lowercased()) }
            for reading: SelectTags.Reading in [.all, .first(20), .index, .repositories]
            where SearchText(text).isPossible && !text.isEmpty {
                if case .repositories = reading, sort != .name || !SearchText(text).isWithinNames { continue }
                var all = query
                all.limit = 100
                let ids = try await store.pool.run(SelectTags(all, reading)).rows.compactMap { row in
                    if case .tag(let id, _) = row { id } else { nil }
                }
                let found = try await store.pool.run(SelectTagsByID(ids: ids)).rows.map(\.reference.description)
                #expect(found.sorted() == expected.sorted(), "\(reading) \(sort)")
                if sort == .name { #expect(found == (descending ? expected.sorted().reversed() : expected.sorted())) }
            }
            let found = try await Self.all(query, in: store).map(\.reference.description)
            #expect(found.sorted() == expected.sorted(), "\(sort)")
            if sort == .name { #expect(found == (descending ? expected.sorted().reversed() : expected.sorted())) }
        }
    }

    /// How frequent a text is, by the names of a sample, each of which counts once.
    @Test(arguments: [
        ("py", 3, 2, 2), ("y:", 1, 0, 0), ("3", 2, 0, 2), ("o\u{0}", 0, 0, 0), ("/x:py-", 1, 0, 0), ("none", 0, 0, 0),
        ("x:py-", 1, 0, 0), ("io", 3, 3, 0), ("1", 1, 1, 1), ("3\nq", 0, 0, 0), ("", 0, 0, 0), ("1:3.10", 1, 0, 0),
        ("0", 1, 0, 1), (".", 4, 3, 1),
    ])
    func linesThatHoldAText(text: String, count: Int, byRepository: Int, byTag: Int) {
        var names = NameSample.Names()
        for name in ["docker.io/python:3", "quay.io/py/y:py", "ghcr.io/x:py-", "1:3.10"] { names.append(name) }
        #expect(names.lines(with: text) == (count, byRepository, byTag))
        #expect(NameSample.Names().lines(with: text) == (0, 0, 0))
    }

    /// Of each name no more are read than stand on a page, while others have the text in their repository's name.
    @Test(arguments: [nil, "docker.io", "quay.io"])
    func manyOfOneName(registry: String?) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let names =
            (0..<30).map { "docker.io/python-\($0)/x:python" } + (0..<30).map { "quay.io/y-\($0)/z:python" }
            + (0..<9).map { "quay.io/y-\($0)/z:3-Python" } + (0..<160).map { "quay.io/else/a:\($0)" }
        try await store.track(names.map { try TagReference(parsing: $0) }, origin: .starter, at: hour(0))
        // Each at another time, and some at the same.
        for (index, name) in names.enumerated() where index % 7 != 0 {
            try await store.importAll("A@1 B@\(10 + index * 37 % 50)", of: name)
        }
        for text in ["python", "pyth", "3-p"] {
            for descending in [true, false] {
                var query = TagQuery()
                (query.text, query.sort, query.descending, query.limit) = (text, .lastChanged, descending, 5)
                query.registry = try registry.map { try Registry(parsing: $0) }
                let found = try await Self.all(query, in: store)
                let expected = names.filter {
                    $0.lowercased().contains(text) && $0.hasPrefix((registry ?? "") + (registry == nil ? "" : "/"))
                }
                #expect(found.map(\.reference.description).sorted() == expected.sorted())
                // What never changed comes last.
                let never = Timestamp(seconds: descending ? 0 : 1 << 40)
                let times = found.map { $0.lastChangedAt ?? never }
                #expect(times == (descending ? times.sorted().reversed() : times.sorted()))
            }
        }
    }

    /// The page is found without the tags of repositories that cannot stand on it, whatever became of what was newer once.
    @Test func theNewestOfManyRepositories() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track(
            (0..<600).map { try TagReference(parsing: "a.test/part-\($0 % 90):\($0)") }
                + (0..<30).map { try TagReference(parsing: "a.test/other-\($0):part") },
            origin: .starter, at: hour(0))
        var query = TagQuery()
        (query.text, query.sort, query.descending) = ("part", .lastChanged, true)
        var random = SeededGenerator(3)
        for round in 0..<60 {
            let change =
                [
                    "last_changed_at = '2026-01-01Z'::timestamptz + interval '1 s' * (id * 86407 % \(1 + round) + id % 3)",
                    "last_changed_at = NULL", "state = 4", "state = 2",
                ][[0, 0, 0, 1, 2, 3].randomElement(using: &random) ?? 0]
            let (share, rest) = (Int.random(in: 2...40, using: &random), Int.random(in: 0..<40, using: &random))
            try await store.pool.withConnection {
                try await $0.runScript("UPDATE tags SET \(change) WHERE id % \(share) = \(rest % share)")
            }
            query.limit = [1, 5, 40, 400].randomElement(using: &random) ?? 5
            let expected: [Int32] = try await store.values(
                "SELECT id FROM tags WHERE state <> 4 ORDER BY list_seconds(last_changed_at) DESC, id DESC")
            let found = try await store.pool.run(SelectTags(query, .index)).rows.compactMap { row in
                if case .tag(let id, _) = row { id } else { nil }
            }
            #expect(found == Array(expected.prefix(query.limit + 1)), "\(round): \(change)")
            #expect(try await store.tags(query).items.map(\.id) == Array(expected.prefix(query.limit)))
            let behind: [Int] = try await store.values(
                "SELECT count(*) FROM repositories r WHERE newest < (SELECT max(list_seconds(last_changed_at)) FROM tags t "
                    + "WHERE t.repository_id = r.id)")
            #expect(behind == [0])
        }
    }

    /// What is frequent, but stands together behind the first rows: more than can be sorted.
    @Test func frequentOnesAreFoundTogetherFarBehind() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let front = try (0..<4_500).map { try TagReference(parsing: "a.test/b:\($0)") }
        let behind = try (0..<6_100).map { try TagReference(parsing: "b.test/frequent:\($0)") }
        try await store.track(front + behind, origin: .starter, at: hour(0))
        for (sort, descending) in [(TagSort.name, false), (.name, true), (.trackedSince, false), (.changes, true)] {
            var query = TagQuery()
            (query.text, query.sort, query.descending, query.limit) = ("freq", sort, descending, 1_000)
            // A page of few is found among repositories' names at once, and each begins where the last one ended.
            if sort == .name { query.limit = 90 }
            let found = try await Self.all(query, in: store).map(\.reference)
            #expect(found.count == behind.count && Set(found) == Set(behind), "\(sort)")
            let names = found.map(\.description)
            if sort == .name { #expect(names == (descending ? names.sorted().reversed() : names.sorted())) }
        }
        var query = TagQuery()
        (query.text, query.state) = ("freq", .missing)
        #expect(try await store.tags(query).items.isEmpty)
    }

    /// In thousands of tags' own names, few of them among the first: pages by name go on to the end.
    @Test func frequentNamesAreFoundToTheLast() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let front = try (0..<4_200).map { try TagReference(parsing: "a.test/b:\($0)\($0 % 900 == 0 ? "-slim" : "")") }
        let behind = try (0..<6_100).map { try TagReference(parsing: "b.test/x-\($0 % 40):slim-\($0)") }
        try await store.track(front + behind, origin: .starter, at: hour(0))
        let wanted = (front + behind).map(\.description).filter { $0.contains("slim") }.sorted()
        for descending in [false, true] {
            var query = TagQuery()
            (query.text, query.sort, query.descending, query.limit) = ("slim", .name, descending, 400)
            let found = try await Self.all(query, in: store).map(\.reference.description)
            #expect(found == (descending ? wanted.reversed() : wanted))
        }
    }

    /// More than the first rows of a list, so that the index answers for what is rare.
    @Test func rareOnesAreFoundBehindThousands() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        _ = try await store.generate(GeneratedSite(tags: 9_000, changes: 9_000, seed: 4, until: hour(0)))
        let rare = try ["zzz.test/a:1", "zzz.test/b_c:2"].map { try TagReference(parsing: $0) }
        try await store.track(rare, origin: .starter, at: hour(1))
        for (text, count) in [("zzz.test", 2), ("_", 1), ("b_", 1), ("zz", 2), ("zq", 0), ("~", 0)] {
            for sort in [TagSort.name, .changes, .trackedSince] {
                for descending in [false, true] {
                    var query = TagQuery()
                    (query.text, query.sort, query.descending) = (text, sort, descending)
                    query.limit = 1_000
                    let found = try await store.tags(query).items.map(\.reference)
                    let real = try await store.values(
                        """
                        SELECT count(*) FROM tags t JOIN repositories r ON r.id = t.repository_id
                        WHERE r.prefix || t.tag LIKE '%zz%' AND r.prefix NOT LIKE 'zzz.test%'
                        """,
                        as: Int.self)
                    #expect(found.count == count + (text == "zz" ? real[0] : 0), "\(text) \(sort)")
                    #expect(count == 0 || Set(found).isSuperset(of: rare.suffix(count)))
                }
            }
            var scoped = TagQuery()
            (scoped.text, scoped.registry) = (text, .dockerHub)
            #expect(try await store.tags(scoped).items.allSatisfy { $0.reference.registry == .dockerHub })
        }
    }
}
