import LibPQ
import OCI
import Store
import TagHistory
import TestSupport
import Testing

@Suite(.throttled) struct TrackingTests {
    @Test func newKnownAndForgottenTags() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let (first, second) = (try reference("app:1"), try reference("app:2"))
        #expect(try await store.isEmpty())
        #expect(try await store.track([first, first], origin: .visitor, at: hour(0)) == [first: .added])
        #expect(
            try await store.track([first, second], origin: .visitor, at: hour(1)) == [
                first: .alreadyTracked, second: .added,
            ])
        #expect(try await store.trackedCount() == 2)
        let tag = try #require(try await store.tag(first))
        #expect(tag.state == .pending)
        #expect(tag.trackedSince == hour(0))
        #expect(tag.nextCheckAt == hour(0))
        #expect(tag.digest == nil)
        #expect(try await store.untrack(first))
        #expect(try await store.untrack(first) == false)
        #expect(try await store.untrack(reference("nothing:1")) == false)
        #expect(try await store.trackedCount() == 1)
        #expect(try await store.isEmpty() == false)
        #expect(try await store.tag(first)?.state == .untracked)
        #expect(try await store.tag(reference("nothing:1")) == nil)
        #expect(try await store.track([first], origin: .visitor, at: hour(2)) == [first: .added])
        #expect(try await store.tag(first)?.id == tag.id)
        #expect(try await store.tag(first)?.state == .pending)
    }

    @Test func manyAtOnceAndByManyAtOnce() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        defer { store.close() }
        let references = try (0..<5_500).map { try reference("r\($0 % 7).test/app\($0 % 50):\($0)") }
        let outcomes = try await withThrowingTaskGroup(of: [TagReference: Tracking].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await store.track(references.shuffled(), origin: .discovery, at: hour(0))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await store.trackedCount() == 5_500)
        #expect(outcomes.reduce(0) { $0 + $1.values.count { $0 == .added } } == 5_500)
        #expect(outcomes.allSatisfy { $0.count == 5_500 })
        #expect(try await store.values("SELECT count(*) FROM tag_checks") == [5_500])
        // No number is spent in vain.
        #expect(try await store.values("SELECT max(id)::bigint FROM registries", as: Int.self)[0] <= 28)
    }

    /// Everything that locks a tag, at the same time.
    @Test func tracksAndForgetsWhileWorkersRecord() async throws {
        let store = try await TestDatabase.migratedStore(maximumConnections: 8)
        defer { store.close() }
        let references = try (0..<30).map { try reference("app:\($0)") }
        try await store.track(references, origin: .starter, at: hour(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                group.addTask {
                    let checker = try await Checker(store)
                    for round in 0..<25 {
                        let time = hour(Double(2 * round + number))
                        let claims = try await checker.claims(at: time)
                        _ = try await checker.record(claims, .digest(round % 2 == 0 ? "A" : "B"), at: time)
                        try await store.freeLostClaims(at: time)
                    }
                }
            }
            group.addTask {
                for _ in 0..<60 {
                    _ = try await store.untrack(#require(references.randomElement()))
                    try await store.noteViewed(Array(references.shuffled().prefix(3)), at: hour(100))
                }
            }
            group.addTask {
                for _ in 0..<15 {
                    try await store.track(references.shuffled(), origin: .visitor, at: hour(0))
                    _ = try await store.requestCheck(of: #require(references.randomElement()), at: hour(0))
                    try await store.refreshSummaries(at: hour(50))
                }
            }
            group.addTask {
                for round in 0..<10 {
                    let rows = try references.shuffled().map {
                        ImportRow(reference: $0, observation: try observations("C@\(-1 - round)")[0])
                    }
                    _ = try await store.importAll(rows)
                }
            }
            try await group.waitForAll()
        }
        try await store.track(references, origin: .visitor, at: hour(0))
        for reference in references {
            let tag = try #require(try await store.tag(reference))
            let rows = try await store.history(of: tag.id)
            #expect(text(Array(rows.prefix(1))) == ["first C@-10"])
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.digest == $1.previousDigest && $0.digest != $1.digest })
            #expect(tag.state == .active)
            #expect(tag.lastSucceededAt.map { $0 >= rows.last?.observedAt ?? $0 } == true)
            #expect(tag.lastChangedAt == rows.last { $0.kind == .rebuild }?.observedAt)
        }
    }

    @Test func looksAreNotedOnceADay() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([reference("app:1")], origin: .visitor, at: hour(0))
        func viewed() async throws -> [Timestamp] { try await store.values("SELECT last_viewed_at FROM tags") }
        try await store.noteViewed([reference("app:1")], at: hour(23))
        #expect(try await viewed() == [hour(0)])
        try await store.noteViewed([reference("app:1")], at: hour(25))
        #expect(try await viewed() == [hour(25)])
        try await store.noteViewed([reference("other:1")], at: hour(25))
    }
}
