import OCI
import TagHistory
import Testing

@Suite struct BearingTests {
    private static let day = 86_400.0
    private static let start = Timestamp(seconds: 1_767_225_600)

    private static func time(_ days: Double) -> Timestamp { start.advanced(bySeconds: days * day) }

    private static func digest(_ letter: Character) throws -> Digest {
        try Digest(parsing: "sha256:" + String(repeating: letter, count: 64))
    }

    /// What an image says of its own making is no proof that the tag bore it since.
    @Test(arguments: [(20.0, 2.0, false), (20.0, 8.0, true), (-1.0, 8.0, true)])
    func anImagesOwnWordSettlesNothing(seenAfter: Double, checkedLater: Double, isSettled: Bool) throws {
        let first = Change(
            digest: try Self.digest("a"), kind: .first, source: .metadata, observedAt: Self.time(0))
        let seen = max(0, seenAfter)
        let bearings = Bearing.all(
            in: [first], firstSeenAt: Self.time(seenAfter), lastSucceededAt: Self.time(seen + checkedLater))
        #expect(bearings.map(\.from) == [Self.time(seen)])
        #expect(bearings.map(\.seconds) == [checkedLater * Self.day])
        #expect((Bearing.settled(in: bearings, seconds: 7 * Self.day) != nil) == isSettled)
    }

    @Test func whatWasNeverSeenIsNotSettled() throws {
        let rows = try ["a", "b"].enumerated().map { place, letter in
            Change(
                digest: try Self.digest(Character(letter)), kind: place == 0 ? .first : .rebuild, source: .metadata,
                observedAt: Self.time(Double(place) * 30))
        }
        let bearings = Bearing.all(in: rows, firstSeenAt: nil, lastSucceededAt: nil)
        #expect(bearings.count == 2)
        #expect(Bearing.settled(in: bearings, seconds: 7 * Self.day) == nil)
    }

    /// Where the registry tells of the push, and that lies in the span, it counts from there.
    @Test(arguments: [(9.0, 4.0), (7.0, 3.0), (11.0, 3.0)])
    func theNewestIsBorneFromItsPush(pushedAt: Double, days: Double) throws {
        let row = Change(
            digest: try Self.digest("a"), kind: .rebuild, source: .observed, observedAt: Self.time(10),
            notBefore: Self.time(8), pushedAt: Self.time(pushedAt))
        let bearings = Bearing.all(in: [row], firstSeenAt: Self.time(0), lastSucceededAt: Self.time(13))
        #expect(bearings.map(\.from) == [Self.time(10)])
        #expect(bearings.map(\.start) == [Self.time(13 - days)])
        #expect(bearings.map(\.seconds) == [days * Self.day])
    }

    @Test func whatWasSeenIsBorneFromThen() throws {
        let rows = [
            Change(digest: try Self.digest("a"), kind: .first, source: .observed, observedAt: Self.time(0)),
            Change(
                digest: try Self.digest("b"), kind: .rebuild, source: .observed, observedAt: Self.time(10),
                notBefore: Self.time(8)),
        ]
        let bearings = Bearing.all(in: rows, firstSeenAt: Self.time(0), lastSucceededAt: Self.time(13))
        #expect(bearings.map(\.seconds) == [9 * Self.day, 3 * Self.day])
        #expect(try Bearing.settled(in: bearings, seconds: 7 * Self.day)?.digest == Self.digest("a"))
    }
}
