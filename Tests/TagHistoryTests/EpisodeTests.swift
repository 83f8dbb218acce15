import OCI
import Testing

@testable import TagHistory

@Suite struct EpisodeTests {
    /// "B@0 C@5 metadata A@11 amd64,arm64": digest, hours since the first sighting of A an hour before, kind, platforms.
    static func rows(_ text: String) throws -> [Change] {
        var previous = try digest("A")
        var rows = [Change(digest: previous, kind: .first, source: .observed, observedAt: hour(-1))]
        for part in text.split(separator: ";") {
            let words = part.split(separator: " ")
            let step = words[0].split(separator: "@")
            var row = Change(
                digest: try digest(String(step[0])), previousDigest: previous, kind: .rebuild, source: .observed,
                observedAt: hour(try #require(Double(step[1]))), notBefore: rows.last?.observedAt)
            for word in words.dropFirst() {
                if let kind = ChangeKind(name: word) {
                    row.kind = kind
                } else {
                    row.platforms = word.split(separator: ",").map {
                        Platform(os: "linux", architecture: String($0))
                    }
                }
            }
            previous = try #require(row.digest)
            rows.append(row)
        }
        return rows
    }

    static func hour(_ hours: Double) -> Timestamp { start.advanced(bySeconds: hours * 3_600) }

    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let rows: String
        let outcomes: [Episode.Outcome]
        var testDescription: String { name }
    }

    @Test(arguments: [
        Example(name: "just under six hours", rows: "B@0;C@5.9999", outcomes: [.update]),
        Example(name: "six hours", rows: "B@0;C@6", outcomes: [.update, .update]),
        Example(name: "a chain longer than six hours", rows: "B@0;C@5;D@10;E@15", outcomes: [.update]),
        Example(
            name: "a chain of a day", rows: "B@0;C@5;D@10;E@15;F@20;G@23.9999;H@29", outcomes: [.update, .update]),
        Example(name: "a day, and another", rows: "B@0;C@5;D@10;E@15;F@20;G@24;H@29", outcomes: [.update, .update]),
        Example(name: "a flap", rows: "B@0;A@1", outcomes: [.flap]),
        Example(name: "back after a day", rows: "B@0;A@24", outcomes: [.update, .revert]),
        Example(
            name: "back to an earlier episode's end", rows: "B@0;C@24;B@48", outcomes: [.update, .update, .revert]),
        Example(name: "what was only passed through", rows: "B@0;C@1;B@24", outcomes: [.update, .update]),
        Example(
            name: "no rebuild in it", rows: "B@0 metadata;C@24 platforms;D@48 noop",
            outcomes: [.other, .other, .other]),
        Example(name: "a rebuild after metadata", rows: "B@0 metadata;C@3", outcomes: [.update]),
        Example(name: "other platforms within two days", rows: "B@0 amd64;C@20 arm64;D@48 s390x", outcomes: [.update]),
        Example(name: "other platforms later", rows: "B@0 amd64;C@48.1 arm64", outcomes: [.update, .update]),
        Example(name: "the same platform again", rows: "B@0 amd64;C@20 amd64", outcomes: [.update, .update]),
        Example(name: "the same and another", rows: "B@0 amd64;C@20 amd64,arm64", outcomes: [.update, .update]),
        Example(name: "unknown platforms do not settle", rows: "B@0;C@20 arm64", outcomes: [.update, .update]),
        Example(name: "nor do known ones before unknown", rows: "B@0 amd64;C@20", outcomes: [.update, .update]),
        Example(
            name: "a day from where it settled",
            rows: "B@0 amd64;C@30 arm64;D@35 arm64;E@40 arm64;F@45 arm64;G@49 arm64;H@53.9 arm64;I@54 arm64",
            outcomes: [.update, .update]),
        Example(name: "settling, then within six hours", rows: "B@0 amd64;C@40 arm64;D@45 arm64", outcomes: [.update]),
    ])
    func groups(_ example: Example) throws {
        let episodes = Episode.all(in: CountedRows(try Self.rows(example.rows), firstSeenAt: nil))
        #expect(episodes.map(\.outcome) == example.outcomes)
    }

    @Test func anEpisodeHappensWhenItBegins() throws {
        var rows = try Self.rows("B@4;C@5;D@30")
        rows[1].pushedAt = Self.hour(3)
        rows[3].pushedAt = Self.hour(5)
        let episodes = Episode.all(in: CountedRows(rows, firstSeenAt: nil))
        #expect(episodes.count == 2)
        #expect(Timestamp(microseconds: Int64(episodes[0].event)) == Self.hour(3))
        // A push at the span's very begin tells of the digest before: the middle it is.
        #expect(Timestamp(microseconds: Int64(episodes[1].event)) == Self.hour(17.5))
    }

    @Test func pushTimesAreBelievedInsideTheSpanOnly() {
        let table: [(pushedAt: Double?, believed: Bool)] = [
            (nil, false), (2, false), (2.001, true), (5, true), (5.001, false),
        ]
        for (pushedAt, believed) in table {
            let row = Change(
                digest: nil, kind: .rebuild, source: .observed, observedAt: Self.hour(5), notBefore: Self.hour(2),
                pushedAt: pushedAt.map(Self.hour))
            #expect((row.believedPush != nil) == believed)
            #expect(row.countedAt == (believed ? row.pushedAt : row.observedAt))
        }
    }

    @Test func rowsThatAreNoChangesAreNoEpisodes() throws {
        let merged = History.merge(adding: try observations("A@1 A@2 -@3 A@4 A@5"))
        #expect(Episode.all(in: CountedRows(merged.rows, firstSeenAt: nil)).isEmpty)
    }
}
