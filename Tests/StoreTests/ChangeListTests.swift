import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

@Suite(.throttled) struct ChangeListTests {
    /// An outline names no digest, but statistics, marks and flaps come out as from the whole.
    @Test func outlinesTellWhatStatisticsNeed() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let texts = ["A@1 B@50 A@100 C@200>190 -@300 C@350 D@400", "A@0 B@100 A@103 B@200", "-@1 A@2"]
        for (number, text) in texts.enumerated() { try await store.importAll(text, of: "app:\(number)") }
        for number in texts.indices {
            let tag = try #require(try await store.newTag("app:\(number)"))
            let whole = TagRecord(tag, history: try await store.history(of: tag.id))
            let outline = TagRecord(tag, history: try #require(try await store.outlines(of: [tag.id])[tag.id]))
            #expect(whole.history.count == outline.history.count)
            #expect(whole.marks == outline.marks)
            let time = hour(1_000)
            #expect(
                try await store.statistics(of: whole, asOf: time) == store.statistics(of: outline, asOf: time))
            // Kept when it was written.
            let row = try #require(try await store.keyedReads.run(SelectPulses(ids: [tag.id])).rows.first)
            #expect(row.pulse == Pulse(history: whole.history, firstSeenAt: tag.firstSeenAt))
            let judged = try await store.judged([tag], asOf: time)[0]
            #expect(judged.judgement.rhythm == (try await store.statistics(of: whole, asOf: time)).rhythm)
        }
    }

    static func all(_ page: (String?) async throws -> Page<TagChange>) async throws -> [TagChange] {
        var changes: [TagChange] = []
        var cursor: String?
        for _ in 0..<200 {
            let page = try await page(cursor)
            changes += page.items
            guard let next = page.next else { return changes }
            cursor = next
        }
        Issue.record("the list has no end")
        return changes
    }

    /// Many tags at the same times, and several rows of one tag at one time.
    @Test(arguments: [1, 2, 7, 1_000])
    func everyChangeOnce(limit: Int) async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let names = (0..<8).map { "app:\($0)" }
        for name in names { try await store.importAll("A@1 A@2 B@3 C@3 -@4 D@5 A@5.5", of: name) }
        let changes = try await Self.all { try await store.changes(limit: limit, cursor: $0) }
        #expect(changes.count == 8 * 7)
        #expect(Set(changes.map { "\($0.reference) \($0.change)" }).count == 56)
        #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.change.observedAt >= $1.change.observedAt })
        #expect(!changes.contains { $0.change.kind == .same })
        for name in names {
            let reference = try reference(name)
            let own = try await Self.all { try await store.changes(of: reference, limit: limit, cursor: $0) }
            let tag = try #require(try await store.tag(reference))
            #expect(own.map(\.change) == (try await store.history(of: tag.id)).reversed())
            #expect(own.map(\.change) == changes.filter { $0.reference == reference }.map(\.change))
            #expect(
                text(own.map(\.change)) == [
                    "rebuild! D>A@5.5>5", "rebuild C>D@5>3", "returned D@5>4", "missing C>-@4>3", "rebuild B>C@3>3",
                    "rebuild A>B@3>2", "first A@1",
                ])
        }
        let ids = try await store.values("SELECT id FROM tags ORDER BY id", as: Int32.self)
        let histories = try await store.histories(of: ids + [999_999])
        #expect(Set(histories.keys) == Set(ids))
        for id in ids { #expect(histories[id] == (try await store.history(of: id))) }
    }

    @Test func cursorsOfOtherListsAreRefused() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.importAll("A@1 B@2", of: "app:1")
        try await store.importAll("A@1 B@2", of: "app:2")
        let all = try #require(try await store.changes(limit: 1, cursor: nil).next)
        let one = try #require(try await store.changes(of: reference("app:1"), limit: 1, cursor: nil).next)
        await #expect(throws: StoreError.invalidCursor) { try await store.changes(limit: 1, cursor: one) }
        for cursor in [all, one] {
            await #expect(throws: StoreError.invalidCursor) {
                try await store.changes(of: reference("app:2"), limit: 1, cursor: cursor)
            }
        }
        #expect(try await store.changes(of: reference("nothing:1"), limit: 1, cursor: nil).items.isEmpty)
        #expect(try await store.changes(limit: 0, cursor: nil).items.count == 1)
    }
}
