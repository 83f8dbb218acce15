import OCI
import Store
import TestSupport
import Testing

/// What visitors ask for, tokens, and tags that sleep.
@Suite(.throttled) struct AccessTests {
    @Test func offeredTagsAreAskedForOnceAndKept() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let repository = try reference("registry.test/app:1").repository
        #expect(try await store.claimOffered(lease: 10, at: hour(0)) == nil)
        #expect(try await store.offeredTags(of: repository, at: hour(0)) == nil)
        let waiting = try #require(try await store.askOfferedTags(of: repository, at: hour(0), within: .zero))
        #expect(waiting.isWanted && waiting.tags.isEmpty && waiting.listedAt == nil)
        #expect(try await store.claimOffered(lease: 10, at: hour(0)) == repository)
        #expect(try await store.claimOffered(lease: 10, at: hour(0)) == nil)
        #expect(try await store.claimOffered(lease: 10, at: hour(0).advanced(bySeconds: 10)) == repository)
        let tags = try ["b", "a", "B", "a"].map { try Tag(parsing: $0) }
        try await store.noteOffered(.tags(tags), of: repository, at: hour(0))
        let known = try #require(try await store.offeredTags(of: repository, at: hour(0).advanced(bySeconds: 599)))
        #expect(known.tags.map(\.name) == ["B", "a", "b"])
        #expect(known.listedAt == hour(0) && !known.isWanted)
        // Old, so it is asked for again; a failure takes nothing away and is told for a minute.
        #expect(try await store.offeredTags(of: repository, at: hour(1)) == nil)
        _ = try await store.askOfferedTags(of: repository, at: hour(1), within: .zero)
        #expect(try await store.claimOffered(lease: 10, at: hour(1)) == repository)
        try await store.noteOffered(.failed("no answer"), of: repository, at: hour(1))
        let failed = try #require(try await store.offeredTags(of: repository, at: hour(1).advanced(bySeconds: 59)))
        #expect(failed.tags.count == 3 && failed.failure == "no answer" && failed.listedAt == hour(0))
        #expect(try await store.offeredTags(of: repository, at: hour(1).advanced(bySeconds: 61)) == nil)
        _ = try await store.askOfferedTags(of: repository, at: hour(1).advanced(bySeconds: 61), within: .zero)
        try await store.noteOffered(.missing, of: repository, at: hour(2))
        #expect(try await store.offeredTags(of: repository, at: hour(2))?.isMissing == true)
        try await store.forgetOffered(at: hour(3))
        #expect(try await store.offeredTags(of: repository, at: hour(2)) == nil)
    }

    @Test func tokensAreKnownByTheirHashUntilTheyAreRevoked() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let hash = [UInt8](repeating: 7, count: 32)
        #expect(try await store.addToken("ci", hash: hash, at: hour(0)))
        #expect(try await !store.addToken("ci", hash: [UInt8](repeating: 8, count: 32), at: hour(0)))
        #expect(try await store.tokens().first?.lastUsedAt == nil)
        #expect(try await store.hasToken(hash: hash, at: hour(1)))
        #expect(try await !store.hasToken(hash: [UInt8](repeating: 8, count: 32), at: hour(1)))
        #expect(try await store.hasToken(hash: hash, at: hour(1).advanced(bySeconds: 60)))
        #expect(try await store.tokens().map(\.lastUsedAt) == [hour(1)])
        #expect(try await store.revokeToken("ci"))
        #expect(try await !store.revokeToken("ci"))
        #expect(try await !store.hasToken(hash: hash, at: hour(2)))
    }

    @Test func visitorsTagsThatNobodyLooksAtSleepUntilSomebodyDoes() async throws {
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        let (visited, seen, own) = (try reference("a:1"), try reference("b:1"), try reference("c:1"))
        try await store.track([visited, seen], origin: .visitor, at: hour(0))
        try await store.track([own], origin: .operator, at: hour(0))
        try await store.noteViewed([seen], at: hour(48))
        #expect(try await store.retire(unviewedSince: hour(24), at: hour(50)) == 1)
        #expect(try await store.retire(unviewedSince: hour(24), at: hour(50)) == 0)
        #expect(try await store.tag(visited)?.state == .untracked)
        #expect(try await store.tag(visited)?.nextCheckAt == nil)
        #expect(try await store.trackedCount() == 2)
        #expect(try await !store.wake(visited, maxTracked: 2, at: hour(60)))
        #expect(try await store.wake(visited, maxTracked: 3, at: hour(60)))
        #expect(try await store.tag(visited)?.state == .pending)
        #expect(try await !store.wake(visited, maxTracked: 9, at: hour(61)))
        // A person's word is more than a look.
        #expect(try await store.retire(unviewedSince: hour(70), at: hour(80)) == 2)
        #expect(try await store.untrack(visited))
        #expect(try await !store.untrack(visited))
        #expect(try await !store.wake(visited, maxTracked: 9, at: hour(81)))
        #expect(try await store.tag(visited)?.state == .untracked)
    }
}
