import OCI
import Store
import TagHistory
import Testing

@Suite(.throttled) struct BackfillStoreTests {
    /// A tag may move before anybody has asked for its past.
    @Test func thePastIsThatOfWhatWasSeenFirst() async throws {
        let store = try await ClaimTests.store(tags: 1)
        defer { store.close() }
        let checker = try await Checker(store)
        try await checker.check(.digest("A"), at: 0)
        try await checker.check(.digest("B"), at: 2)
        let claims = try await store.claimBackfills(limit: 9, excluding: [], retryAfter: 60, at: hour(3))
        #expect(claims.map(\.digest) == [try digest("A")])
        let claim = try #require(claims.first)
        let made = Observation(digest: claim.digest, observedAt: hour(-240), source: .metadata)
        try await store.backfill([claim.tagID: [made]], at: hour(3))
        let rows = try await store.history(of: claim.tagID).filter { $0.kind.isShown }
        #expect(rows.map(\.digest) == [try digest("A"), try digest("B")])
        #expect(rows.allSatisfy { !$0.reverted })
    }

    /// That an image was made before our check found no such tag does not say that the tag was there.
    @Test func nothingIsGoneThatNobodySaw() async throws {
        for (source, kinds) in [
            (Source.metadata, ["first"]), (.sibling, ["first"]), (.registry, ["first", "missing", "returned"]),
        ] {
            let store = try await ClaimTests.store(tags: 1)
            defer { store.close() }
            let checker = try await Checker(store)
            try await checker.check(.missing, at: 0)
            try await checker.check(.digest("A"), at: 2)
            let claim = try #require(
                try await store.claimBackfills(limit: 9, excluding: [], retryAfter: 60, at: hour(3)).first)
            let made = Observation(digest: claim.digest, observedAt: hour(-240), source: source)
            try await store.backfill([claim.tagID: [made]], at: hour(3))
            let rows = try await store.history(of: claim.tagID).filter { $0.kind.isShown }
            #expect(rows.map(\.kind.name) == kinds, "\(source)")
        }
    }
}
