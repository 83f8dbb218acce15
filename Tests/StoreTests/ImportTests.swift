import LibPQ
import OCI
import Store
import TagHistory
import TestSupport
import Testing

@Suite(.throttled) struct ImportTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let parts: [String]
        let rows: [String]
        let succeeded: Double
        let growth: [Int]
        var isMissing = false
        var testDescription: String { parts.joined(separator: " | ") }
    }

    @Test(arguments: [
        Example(
            parts: ["A@1 B@2 B@3 A@4"],
            rows: ["first A@1", "rebuild A>B@2>1", "rebuild! B>A@4>3"], succeeded: 4, growth: [4]),
        Example(parts: ["A@1 B@3", "A@1 B@3"], rows: ["first A@1", "rebuild A>B@3>1"], succeeded: 3, growth: [2, 0]),
        Example(parts: ["A@5", "A@9"], rows: ["first A@5"], succeeded: 9, growth: [1, 1]),
        Example(
            parts: ["A@5", "B@1"], rows: ["first B@1", "rebuild B>A@5>1"], succeeded: 5, growth: [1, 1]),
        Example(
            parts: ["A@1 C@9", "B@5"], rows: ["first A@1", "rebuild A>B@5>1", "rebuild B>C@9>5"], succeeded: 9,
            growth: [2, 1]),
        Example(
            parts: ["C@1 B@1 A@1", "A@1 D@1"],
            rows: ["first C@1", "rebuild C>B@1>1", "rebuild B>A@1>1", "rebuild A>D@1>1"], succeeded: 1,
            growth: [3, 1]),
        Example(
            parts: ["A@1 -@2 -@3 B@4"],
            rows: ["first A@1", "missing A>-@2>1", "returned B@4>3", "rebuild A>B@4>1"], succeeded: 4, growth: [4]),
        Example(
            parts: ["-@5", "A@1"], rows: ["first A@1", "missing A>-@5>1"], succeeded: 1, growth: [1, 1], isMissing: true
        ),
        Example(
            parts: ["A@1", "-@5"], rows: ["first A@1", "missing A>-@5>1"], succeeded: 1, growth: [1, 1], isMissing: true
        ),
        Example(parts: ["-@2", "A@3"], rows: ["first A@3>2"], succeeded: 3, growth: [1, 1]),
        Example(parts: ["-@1 -@2"], rows: [], succeeded: .nan, growth: [2]),
    ])
    func mergesInTheOrderOfTime(_ example: Example) async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 1)
        defer { store.close() }
        for (part, growth) in zip(example.parts, example.growth) {
            let summary = try await store.importAll(part, at: hour(10))
            #expect(summary.observations == part.split(separator: " ").count)
            #expect(summary.tags == 1)
            #expect(summary.newRows == growth)
        }
        #expect(try await store.rows() == example.rows)
        let tag = try #require(try await store.newTag())
        #expect(tag.lastSucceededAt == (example.succeeded.isNaN ? nil : hour(example.succeeded)))
        #expect(tag.lastCheckedAt == nil)
        #expect(tag.nextCheckAt == hour(10))
        #expect(tag.state == (example.rows.isEmpty ? .pending : example.isMissing ? .missing : .active))
    }

    @Test func anEqualRowErasesNothing() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let reference = try reference("app:1")
        let full = Observation(
            digest: try digest("B"), observedAt: hour(9), notBefore: hour(7), pushedAt: hour(8), mediaType: .ociIndex,
            source: .registry)
        let bare = Observation(digest: full.digest, observedAt: full.observedAt, source: .imported)
        try await store.importAll("A@1")
        for observation in [bare, full, bare] {
            _ = try await store.importAll([ImportRow(reference: reference, observation: observation)])
        }
        let tag = try #require(try await store.newTag())
        let row = try #require(try await store.history(of: tag.id).last)
        #expect(row.notBefore == hour(7))
        #expect(row.pushedAt == hour(8))
        #expect(row.mediaType == .ociIndex)
        #expect(row.source == .registry)
    }

    @Test func ownChecksStayOwn() async throws {
        let checker = try await RecordingTwiceTests.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A A A ! A")
        try await store.importAll("A@100 Z@-5", at: hour(4))
        var tag = try #require(try await store.newTag())
        #expect(tag.lastCheckedAt == hour(4))
        #expect(tag.nextCheckAt == hour(5))
        #expect(tag.lastSucceededAt == hour(100))
        #expect(try await store.rows() == ["first Z@-5", "rebuild Z>A@0>-5"])
        // An import from the future of this clock: checks go on, and add no row each time.
        for time in 5...8 { try await checker.check(.digest("A"), at: Double(time)) }
        tag = try #require(try await store.newTag())
        #expect(tag.lastCheckedAt == hour(8))
        #expect(tag.lastSucceededAt == hour(100))
        #expect(try await store.values("SELECT count(*) FROM changes") == [4])
        try await checker.check(.digest("B"), at: 9)
        #expect(
            try await store.rows() == [
                "first Z@-5", "rebuild Z>A@0>-5", "rebuild A>B@9>4", "rebuild! B>A@100>9",
            ])
        #expect(try await store.newTag()?.nextCheckAt == hour(10))
    }

    @Test func aFailingTagStaysFailing() async throws {
        let checker = try await RecordingTwiceTests.checker()
        let store = checker.store
        defer { store.close() }
        try await checker.live("A !")
        try await store.importAll("B@0.5")
        #expect(try await store.newTag()?.state == .failing)
        #expect(try await store.newTag()?.lastError == "time-out")
        try await checker.live("-", from: 2)
        try await store.importAll("C@0.7")
        #expect(try await store.newTag()?.state == .missing)
        #expect(
            try await store.rows() == ["first A@0", "rebuild A>B@0.5>0", "rebuild B>C@0.7>0.5", "missing C>-@2>0.7"])
    }

    @Test func untrackedTagsAreTrackedAgain() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.importAll("A@1")
        #expect(try await store.untrack(reference("app:1")))
        try await store.importAll("A@1", at: hour(7))
        let tag = try #require(try await store.newTag())
        #expect(tag.state == .active)
        #expect(tag.nextCheckAt == hour(7))
        #expect(tag.trackedSince == hour(7))
    }

    struct Broken: Error {}

    @Test func failingInTheMiddleLeavesNothing() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let observation = try observations("A@1")[0]
        await #expect(throws: Broken.self) {
            var chunk = 0
            return try await store.importObservations(at: hour(0)) {
                chunk += 1
                guard chunk < 4 else { throw Broken() }
                return try (0..<100).map {
                    ImportRow(reference: try reference("app:\(chunk)-\($0)"), observation: observation)
                }
            }
        }
        // More ties than can be told apart, after thousands of good tags.
        let ties = try (0...Int(Int16.max)).map {
            ImportRow(
                reference: try reference("ties:1"),
                observation: Observation(digest: try digest("\($0)"), observedAt: hour(0), source: .imported))
        }
        let good = try (0..<500).map { ImportRow(reference: try reference("app:\($0)"), observation: observation) }
        await #expect(throws: StoreError.tooManyAtOnce(try reference("ties:1"), hour(0))) {
            try await store.importAll(good + ties, chunk: 10_000)
        }
        for table in try await store.values("SELECT relname::text FROM pg_stat_user_tables", as: String.self)
        where !["schema_migrations", "summary_definitions"].contains(table) {
            try await store.pool.withConnection {
                try await $0.runScript(
                    "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM \(table)), '\(table) is not empty'; END $$")
            }
        }
        // The connection is as good as before.
        #expect(try await store.importAll("A@1").newRows == 1)
    }

    @Test func progressIsTold() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let rows = try (0..<300).flatMap { tag in
            try observations("A@1 B@2").map { ImportRow(reference: try reference("app:\(tag)"), observation: $0) }
        }
        var told: [String] = []
        var rest = rows[...]
        let summary = try await store.importObservations(at: hour(0)) { progress in
            switch progress {
            case .read(let count): told.append("read \(count)")
            case .merged(let count, let all): told.append("merged \(count) of \(all)")
            case .resumed(let count): told.append("resumed \(count)")
            }
        } next: {
            defer { rest = rest.dropFirst(250) }
            return rest.isEmpty ? nil : Array(rest.prefix(250))
        }
        #expect(told == ["read 250", "read 500", "read 600", "merged 600 of 600"])
        #expect((summary.observations, summary.tags, summary.newRows) == (600, 300, 600))
        #expect(try await store.importAll([]).observations == 0)
    }

    /// Workers record while an import reads, locks and merges; both end up in the history.
    @Test func whileAWorkerRecords() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        defer { store.close() }
        let references = try (0..<200).map { try reference("app:\($0)") }
        try await store.track(references.shuffled(), origin: .starter, at: hour(0))
        let checker = try await Checker(store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    let checker = try await Checker(store)
                    for round in 0..<30 {
                        let time = hour(Double(2 * round + worker))
                        let claims = try await checker.claims(at: time, limit: 70)
                        // The same digests as the import's, and new ones.
                        _ = try await checker.record(claims, .digest("D\(round)"), at: time)
                    }
                }
            }
            for file in 0..<3 {
                group.addTask {
                    let rows = try references.flatMap { reference in
                        try (0..<10).map { index in
                            ImportRow(
                                reference: reference,
                                observation: Observation(
                                    digest: try digest("D\((index * 7 + file) % 30)"),
                                    observedAt: hour(Double(index * 3 + file) + 0.5), source: .imported))
                        }
                    }
                    _ = try await store.importAll(rows.shuffled(), chunk: 300)
                }
            }
            try await group.waitForAll()
        }
        try await checker.check(.digest("END"), at: 1_000)
        for reference in references {
            let tag = try #require(try await store.tag(reference))
            let rows = try await store.history(of: tag.id)
            let imported = rows.filter { $0.source == .imported }
            #expect(imported.count + rows.count { $0.source == .observed } == rows.count)
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.digest == $1.previousDigest })
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.digest != $1.digest && $0.observedAt < $1.observedAt })
            #expect(tag.digest == (try digest("END")))
        }
        // Every imported observation stands somewhere.
        #expect(try await store.values("SELECT count(*) FROM changes WHERE what >> 4 & 7 = 5") == [200 * 30])
    }

    /// A tag that no registry had is removed while an import of it is under way.
    @Test(.timeLimit(.minutes(1))) func whileATagIsRemoved() async throws {
        let checker = try await RecordingTwiceTests.checker(origin: .visitor)
        let store = checker.store
        defer { store.close() }
        let claims = try await checker.claims(at: hour(0))
        let gate = try await store.pool.dedicatedConnection()
        // Both wait for this lock: the removal first.
        try await gate.runScript("BEGIN; SELECT FROM tag_checks FOR UPDATE")
        func wait(for count: Int64) async throws {
            let waiting: SQL = """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            while try await store.values(waiting) != [count] { try await Task.sleep(for: .milliseconds(10)) }
        }
        async let removal = checker.record(claims, .missing, at: hour(0))
        try await wait(for: 1)
        async let summary = store.importAll("A@1 B@2")
        try await wait(for: 2)
        try await gate.runScript("COMMIT")
        #expect(try await removal == [.missing: 1])
        #expect(try await summary.newRows == 2)
        #expect(try await store.rows() == ["first A@1", "rebuild A>B@2>1"])
        gate.close()
    }
}
