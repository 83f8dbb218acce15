import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

@Suite(.throttled) struct SupersedingTests {
    static let names = [
        "3.12.1", "3.12.2", "3.13.0-rc1", "3.13.0rc2", "3.12", "3.13", "3.9", "3.10", "3.12.1-slim", "3.12.2-slim",
        "3.12.1-slim-bookworm", "v1.2", "v1.10", "V1.3", "1.0-r1", "1.0-r2", "1.0_3", "9.4-20260101", "9.4-20260103",
        "jammy-20240501", "jammy-20240601", "20240501", "2024-05-01", "2024-06-01", "2024.5", "2024.11", "1.9",
        "RELEASE.2024-01-01T00-00-00Z", "RELEASE.2024-02-01T00-00-00Z", "20240501T0100", "20240501T0200",
        "20240501010203", "20240601010203", "202405010102", "202405020102", "8u402-jre",
        "8u412-jre", "latest", "bookworm", "bookworm-slim", "1.2.3-bookworm-20260101", "1.2.3-bookworm-20260102",
        "a_1.0", "ab1.0", "a_1.1", "1.2-MMx", "1.3-MMx", "1.27.0-alpine3.19", "1.27.1-alpine3.19", "1.27.1-alpine3.20",
        "10.0.0", "2.0.0-beta.1", "2.0.0", "2.0.0-beta.2",
    ]

    private func store(_ names: [String], repositories: [String]) async throws -> TagStore {
        let store = try await TestDatabase.migratedStore()
        let rows = try repositories.flatMap { repository in
            try names.map { name in
                ImportRow(
                    reference: try reference("\(repository):\(name)"), observation: try observations("A@0")[0])
            }
        }
        _ = try await store.importAll(rows)
        return store
    }

    /// What one statement for all says is what comparing each with all says.
    @Test func asIfEachWereComparedWithAll() async throws {
        let store = try await store(Self.names, repositories: ["r.test/a", "r.test/a/b"])
        defer { store.close() }
        let tags = try Self.names.map { try Tag(parsing: $0) }
        let asked = try Self.names.map { try reference("r.test/a:\($0)") }
        let found = try await store.superseded(asked, asOf: hour(1))
        let expected = asked.filter { TagVersion.isSuperseded($0.tag, by: tags) }
        #expect(found == Set(expected))
        #expect(expected.count > 20)
        // And each alone.
        for reference in asked {
            let alone = try await store.superseded([reference], asOf: hour(1))
            #expect(alone == (expected.contains(reference) ? [reference] : []), "\(reference)")
        }
        #expect(try await store.superseded(asked, asOf: .now()) == found)
    }

    @Test func whatIsNotThereSupersedesNothing() async throws {
        let store = try await store(["1.0", "1.1"], repositories: ["r.test/a", "r.test/b"])
        defer { store.close() }
        let (old, other) = (try reference("r.test/a:1.0"), try reference("r.test/b:1.0"))
        let untracked = try reference("r.test/c:1.0")
        // Before it was seen.
        #expect(try await store.superseded([old, other, untracked], asOf: hour(-1)).isEmpty)
        #expect(try await store.superseded([old, other, untracked], asOf: hour(0)) == [old, other])
        // It is missing now; one that is only not checked any more was there.
        try await store.pool.withConnection {
            try await $0.runScript(
                "UPDATE tags SET state = 3 WHERE tag = '1.1' AND repository_id = "
                    + "(SELECT id FROM repositories WHERE prefix = 'r.test/b:')")
        }
        #expect(try await store.untrack(try reference("r.test/a:1.1")))
        for time in [hour(0), .now()] { #expect(try await store.superseded([old, other], asOf: time) == [old]) }
        // Nobody has seen the newest.
        try await store.track([reference("r.test/b:2.0")], origin: .operator, at: hour(0))
        for time in [hour(1), .now()] { #expect(try await store.superseded([other], asOf: time).isEmpty) }
    }

    /// An image's own date is no sighting.
    @Test func whatOnlyAnImageTellsOfSupersedesNothing() async throws {
        let store = try await store(["1.0"], repositories: ["r.test/a"])
        defer { store.close() }
        let (old, told) = (try reference("r.test/a:1.0"), try reference("r.test/a:2.0"))
        var observation = try observations("A@0")[0]
        observation.source = .metadata
        _ = try await store.importAll([ImportRow(reference: told, observation: observation)])
        #expect(try await store.tag(told)?.state == .pending)
        for time in [hour(1), .now()] { #expect(try await store.superseded([old], asOf: time).isEmpty) }
    }

    @Test func statisticsSayIt() async throws {
        let store = try await store(["1.1", "2.0-slim"], repositories: ["r.test/a"])
        defer { store.close() }
        let digests = "ABCDEFGHIJKL".enumerated().map { "\($1)@\(-24_000 + 24 * $0)" }.joined(separator: " ")
        var records: [TagRecord] = []
        for name in ["1.0", "1.0-slim", "0.9-alpine"] {
            try await store.importAll(digests, of: "r.test/a:\(name)", at: hour(0))
            let tag = try #require(try await store.tag(reference("r.test/a:\(name)")))
            records.append(TagRecord(tag, history: try await store.history(of: tag.id)))
        }
        let now = try await store.statistics(of: records, asOf: hour(0))
        #expect(now.map(\.rhythm.word) == [.superseded, .superseded, .stopped])
        #expect(now[0].rhythm.reason.contains("newer version"))
        let before = try await store.statistics(of: records, asOf: hour(-1))
        #expect(before.map(\.rhythm.word) == [.stopped, .stopped, .stopped])
        #expect(try await store.statistics(of: records[1], asOf: hour(0)) == now[1])
    }
}
