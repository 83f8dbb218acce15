import OCI
import Testing

@testable import Store
@testable import TagHistory

/// What is told of a tag as of a time in the past.
@Suite struct TagRecordTests {
    /// In hours: tracked at 100, last checked at 200.
    private func known(_ observations: [Observation], at time: Double) throws -> TrackedTag {
        let merged = History.merge(adding: observations)
        let tag = TrackedTag(
            id: 1, reference: try reference("a:1"), state: .active, digest: merged.digest, mediaType: nil,
            platforms: [],
            trackedSince: hour(100), firstSeenAt: merged.firstSeenAt, lastCheckedAt: hour(200),
            lastSucceededAt: hour(200), lastChangedAt: merged.lastChangedAt, lastPushedAt: nil, nextCheckAt: nil,
            lastError: nil)
        return TagRecord(tag, history: merged.shownRows).known(at: hour(time)).tag
    }

    /// Nobody of us looked before it was tracked, and what was seen last ends where the next change may have begun.
    @Test(
        arguments: [(-1, nil, nil), (30, 10, nil), (60, 60, nil), (150, 150, 150), (300, 200, 200)]
            as [(Double, Double?, Double?)])
    func ofAnImport(at time: Double, succeeded: Double?, checked: Double?) throws {
        let seen = try [("A", 0.0), ("A", 10), ("B", 50)].map {
            Observation(digest: try digest($0), observedAt: hour($1), source: .imported)
        }
        let tag = try known(seen, at: time)
        #expect(tag.lastSucceededAt == succeeded.map { hour($0) })
        #expect(tag.lastCheckedAt == checked.map { hour($0) })
        #expect((tag.firstSeenAt == nil) == (time < 0))
    }

    /// Our own first check found what the image's own date had told of, and left no row that is shown.
    @Test func ofABackfill() throws {
        let rows = [
            Observation(digest: try digest("A"), observedAt: hour(-900), source: .metadata),
            Observation(digest: try digest("A"), observedAt: hour(101), source: .observed),
            Observation(digest: try digest("B"), observedAt: hour(180), source: .observed),
        ]
        #expect(try known(rows, at: 50).lastCheckedAt == nil)
        #expect(try known(rows, at: 50).lastSucceededAt == nil)
        #expect(try known(rows, at: 150).lastCheckedAt == hour(150))
        // The next change was found at 180, and the last look before it was at 101.
        #expect(try known(rows, at: 150).lastSucceededAt == hour(101))
    }
}
