import LibPQ
import Logging
import OCI
import RegistryClient
import Store
import TagHistory
import TestSupport
import Testing

@testable import Scraper

/// What a registry still knows is taken in when a tag is first seen.
@Suite struct BackfillTests {
    typealias FakeHub = BulkTests.FakeHub

    static func tag(_ number: Int, _ pushedAt: String) -> FakeHub.Tag {
        FakeHub.Tag(digest: FakeHub.digest(number), pushedAt: pushedAt)
    }

    /// Checks what is tracked and then asks for its past.
    static func history(_ hub: FakeHub, of tags: [String]) async throws -> [[Change]] {
        let store = try await TestDatabase.migratedStore()
        let references = try tags.map { try TagReference(parsing: "library/app:\($0)") }
        try await store.track(references, origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store)
        _ = try await worker.runOnce()
        while try await worker.backfillOnce() {}
        var histories: [[Change]] = []
        for reference in references {
            let tag = try #require(try await store.tag(reference))
            histories.append(try await store.history(of: tag.id))
        }
        try await digests.shutdown()
        return histories
    }

    @Test func datedSiblingsAreAFloatingTagsPast() async throws {
        let hub = try await FakeHub(tags: [
            "bookworm": Self.tag(3, "2026-08-04T02:00:00Z"), "12": Self.tag(3, "2026-08-04T02:00:00Z"),
            "bookworm-20260803": Self.tag(3, "2026-08-04T01:00:00Z"),
            "bookworm-20260720": Self.tag(2, "2026-07-21T01:00:00Z"),
            "bookworm-20260701": Self.tag(1, "2026-07-02T01:00:00Z"),
        ])
        for rows in try await Self.history(hub, of: ["bookworm", "12"]) {
            #expect(rows.map(\.digest?.description) == [1, 2, 3].map(FakeHub.digest))
            #expect(rows.map(\.kind) == [.first, .rebuild, .rebuild])
            #expect(rows.map(\.source) == [.sibling, .sibling, .sibling])
            #expect(rows.last?.pushedAt == (try Timestamp(parsing: "2026-08-04T01:00:00Z")))
        }
    }

    @Test func theLastPushIsTakenIn() async throws {
        let hub = try await FakeHub(tags: ["3.12": Self.tag(7, "2026-08-04T02:00:00Z")])
        let rows = try #require(try await Self.history(hub, of: ["3.12"]).first)
        #expect(rows.map(\.kind) == [.first])
        #expect(rows.map(\.source) == [.registry])
        #expect(rows.first?.observedAt == (try Timestamp(parsing: "2026-08-04T02:00:00Z")))
    }

    @Test func aVendorsRecordIsTakenInWithItsGaps() throws {
        func at(_ hour: Int64) -> Timestamp { Timestamp(seconds: 1_780_000_000 + hour * 3_600) }
        func digest(_ number: Int) throws -> Digest { try Digest(parsing: FakeHub.digest(number)) }
        let observations = Past.observations(of: [
            PastDigest(digest: try digest(3), from: at(9), until: nil),
            PastDigest(digest: try digest(1), from: at(0), until: at(4)),
            PastDigest(digest: try digest(2), from: at(4), until: at(7)),
        ])
        let rows = History.merge(adding: observations).shownRows
        #expect(rows.map(\.kind) == [.first, .rebuild, .missing, .returned, .rebuild])
        #expect(rows.map(\.observedAt) == [at(0), at(4), at(7), at(9), at(9)])
        // Exact times are spans of no length.
        #expect(rows[1].notBefore == at(4))
        #expect(rows.allSatisfy { $0.source == .registry })
    }

    /// A record that cannot be read, or a second between two, is no time without the tag.
    @Test func whatCannotBeReadIsNoDeletion() throws {
        func at(_ second: Int64) -> Timestamp { Timestamp(seconds: 1_780_000_000 + second) }
        func digest(_ number: Int) throws -> Digest { try Digest(parsing: FakeHub.digest(number)) }
        let rows = History.merge(
            adding: Past.observations(of: [
                PastDigest(digest: try digest(1), from: at(0), until: at(10_000)),
                PastDigest(digest: nil, from: at(10_000), until: at(90_000)),
                PastDigest(digest: try digest(2), from: at(90_001), until: at(99_000)),
                PastDigest(digest: try digest(3), from: at(99_000)),
            ])
        ).shownRows
        #expect(rows.map(\.kind) == [.first, .rebuild, .rebuild])
    }

    @Test(arguments: [
        ("0001-01-01T00:00:00Z", false), ("1970-01-01T00:00:00Z", false), ("1980-01-01T00:00:01Z", false),
        ("2013-03-20T00:00:00Z", true), ("2026-08-04T00:00:00Z", true),
    ])
    func anImagesOwnDateIsAnApproximation(text: String, isKnown: Bool) throws {
        let digest = try Digest(parsing: FakeHub.digest(1))
        let observations = Past.creation(of: digest, at: try? Timestamp(parsing: text))
        #expect(observations.map(\.source) == (isKnown ? [.metadata] : []))
    }

    /// What lies after our own first observation is not touched, whatever a vendor tells of it.
    @Test func nothingTakenInChangesWhatWasObserved() async throws {
        let store = try await TestDatabase.migratedStore()
        let hub = try await FakeHub(tags: ["3.12": Self.tag(7, "2026-08-04T02:00:00Z")])
        let reference = try TagReference(parsing: "library/app:3.12")
        try await store.track([reference], origin: .operator, at: .now())
        let (worker, digests) = try hub.worker(store)
        _ = try await worker.runOnce()
        let tag = try #require(try await store.tag(reference))
        let before = try await store.history(of: tag.id)
        let seen = try #require(before.first?.observedAt)
        try await store.backfill(
            [
                tag.id: [
                    Observation(
                        digest: try Digest(parsing: FakeHub.digest(9)), observedAt: seen.advanced(bySeconds: 0.5),
                        source: .registry)
                ]
            ], at: .now())
        #expect(try await store.history(of: tag.id) == before)
        // An image's own date comes before the sighting, and does not count as one.
        let made = seen.advanced(bySeconds: -86_400 * 30)
        try await store.backfill(
            [tag.id: Past.creation(of: try Digest(parsing: FakeHub.digest(7)), at: made)], at: .now())
        #expect(try await store.history(of: tag.id).map(\.source) == [.metadata])
        #expect(try await store.tag(reference)?.firstSeenAt == seen)
        try await digests.shutdown()
    }
}
