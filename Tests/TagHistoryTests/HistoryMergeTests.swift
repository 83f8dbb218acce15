import OCI
import Testing

@testable import TagHistory

@Suite struct HistoryMergeTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let observations: String
        let rows: [String]
        var testDescription: String { name }
    }

    @Test(arguments: [
        Example(name: "nothing", observations: "", rows: []),
        Example(name: "a missing tag that was never seen", observations: "-@1 -@2", rows: ["same -@1", "same -@2"]),
        Example(
            name: "seen after it was missing", observations: "-@1 -@2 A@3",
            rows: ["same -@1", "same -@2", "first A@3>2"]),
        Example(
            name: "missing after a sighting that was told later", observations: "-@5 A@1",
            rows: ["first A@1", "missing A>-@5>1"]),
        Example(name: "the first sighting keeps its bound", observations: "A@3>1", rows: ["first A@3>1"]),
        Example(name: "a change", observations: "A@1 B@2", rows: ["first A@1", "rebuild A>B@2>1"]),
        Example(
            name: "the span begins with the last observation of the old digest", observations: "A@1 A@2 B@5",
            rows: ["first A@1", "same A@2", "rebuild A>B@5>2"]),
        Example(name: "a given bound is later", observations: "A@1 B@5>3", rows: ["first A@1", "rebuild A>B@5>3"]),
        Example(name: "a given bound is earlier", observations: "A@4 B@5>3", rows: ["first A@4", "rebuild A>B@5>4"]),
        Example(
            name: "never after the observation", observations: "A@4 B@5>9", rows: ["first A@4", "rebuild A>B@5>5"]),
        Example(
            name: "back to a digest borne before", observations: "A@1 B@2 A@3",
            rows: ["first A@1", "rebuild A>B@2>1", "rebuild! B>A@3>2"]),
        Example(
            name: "missing and returned", observations: "A@1 -@2 -@3 A@4",
            rows: ["first A@1", "missing A>-@2>1", "same -@3", "returned A@4>3"]),
        Example(
            name: "returned with another digest", observations: "A@1 -@2 -@3 B@4",
            rows: ["first A@1", "missing A>-@2>1", "same -@3", "returned B@4>3", "rebuild A>B@4>1"]),
        Example(
            name: "returned with an older digest", observations: "A@1 B@2 -@3 A@4",
            rows: [
                "first A@1", "rebuild A>B@2>1", "missing B>-@3>2", "returned A@4>3", "rebuild! B>A@4>2",
            ]),
        Example(
            name: "equal times stand in file order", observations: "B@1 C@2 A@2 D@3",
            rows: ["first B@1", "rebuild B>C@2>1", "rebuild C>A@2>2", "rebuild A>D@3>2"]),
        Example(
            name: "times in any order", observations: "C@3 A@1 B@2",
            rows: ["first A@1", "rebuild A>B@2>1", "rebuild B>C@3>2"]),
        Example(name: "equal rows are one", observations: "A@1 A@1 B@2 B@2", rows: ["first A@1", "rebuild A>B@2>1"]),
        Example(
            name: "the later bound of equal rows", observations: "A@1 B@5>2 B@5>4 B@5",
            rows: ["first A@1", "rebuild A>B@5>4"]),
    ])
    func derives(_ example: Example) throws {
        let merged = History.merge(adding: try observations(example.observations))
        #expect(text(merged.rows) == example.rows)
        let again = History.merge(
            existing: merged.rows, lastSucceededAt: merged.lastSucceededAt,
            lastMissingAt: merged.lastMissingAt, adding: try observations(example.observations))
        #expect(again == merged)
    }

    struct Between: Sendable, CustomTestStringConvertible {
        let name: String
        let added: String
        let rows: [String]
        var testDescription: String { "\(name): \(added)" }
    }

    /// Live checks found A on day 0 and 4, B on day 6 and 7, nothing on day 9 and 10, and C on day 12.
    @Test(arguments: [
        Between(
            name: "nothing", added: "",
            rows: ["first A@0", "rebuild A>B@6>4", "missing B>-@9>7", "returned C@12>10", "rebuild B>C@12>7"]),
        Between(
            name: "within a change's span", added: "D@5",
            rows: [
                "first A@0", "same A@4", "rebuild A>D@5>4", "rebuild D>B@6>5", "missing B>-@9>7", "returned C@12>10",
                "rebuild B>C@12>7",
            ]),
        Between(
            name: "before the last check that saw the old one", added: "D@3",
            rows: [
                "first A@0", "rebuild A>D@3>0", "rebuild! D>A@4>3", "rebuild A>B@6>4", "missing B>-@9>7",
                "returned C@12>10", "rebuild B>C@12>7",
            ]),
        Between(
            name: "the old one a little longer", added: "A@5",
            rows: [
                "first A@0", "same A@4", "same A@5", "rebuild A>B@6>5", "missing B>-@9>7", "returned C@12>10",
                "rebuild B>C@12>7",
            ]),
        Between(
            name: "the new one a little earlier", added: "B@5",
            rows: [
                "first A@0", "rebuild A>B@5>4", "same B@6", "missing B>-@9>7", "returned C@12>10",
                "rebuild B>C@12>7",
            ]),
        Between(
            name: "before it went missing", added: "D@8",
            rows: [
                "first A@0", "rebuild A>B@6>4", "same B@7", "rebuild B>D@8>7", "missing D>-@9>8", "returned C@12>10",
                "rebuild D>C@12>8",
            ]),
        Between(
            name: "before it returned", added: "D@11",
            rows: [
                "first A@0", "rebuild A>B@6>4", "missing B>-@9>7", "same -@10", "returned D@11>10", "rebuild B>D@11>7",
                "rebuild D>C@12>11",
            ]),
    ])
    func whatLiveChecksSawStaysSeen(_ example: Between) throws {
        var live = DecisionPropertyTests.Live()
        let checks = try observations("A@0 A@4 B@6 B@7 -@9 -@10 C@12", source: .observed)
        for check in checks { live.take(check) }
        let merged = live.merge(try observations(example.added))
        // The imported row alone is of another source.
        let text = text(merged.rows)
        #expect(text.filter { !$0.hasPrefix("same") } == example.rows.filter { !$0.hasPrefix("same") })
        let all = History.merge(adding: checks + (try observations(example.added)))
        #expect(merged.shownRows == all.shownRows)
        #expect(merged.state == all.state)
        if example.added.isEmpty { #expect(merged.rows == live.rows) }
    }

    @Test func aGivenBoundIsNoObservationWhoeverGaveIt() throws {
        for source in Source.allCases {
            let change = try observations("A@0 B@6>4", source: source)
            let stored = History.merge(adding: change)
            // An image's own date is proved by what is seen after it.
            let isProved = source != .metadata
            #expect(text(stored.shownRows) == (isProved ? ["first A@0", "rebuild A>B@6>4"] : []), "\(source)")
            let merged = History.merge(
                existing: stored.rows, lastSucceededAt: stored.lastSucceededAt, adding: try observations("D@3"))
            #expect(
                text(merged.shownRows)
                    == (isProved ? ["first A@0", "rebuild A>D@3>0", "rebuild D>B@6>4"] : ["first D@3"]),
                "\(source)")
            #expect(merged == History.merge(adding: change + (try observations("D@3"))), "\(source)")
        }
    }

    @Test func anEqualRowAddsWhatIsNotKnownAndErasesNothing() throws {
        let full = Observation(
            digest: try digest("A"), observedAt: day(3), notBefore: day(1), pushedAt: day(2), mediaType: .ociIndex,
            source: .registry)
        let bare = Observation(digest: full.digest, observedAt: day(3), source: .observed)
        for order in [[full, bare], [bare, full]] {
            let row = try #require(History.merge(adding: order).rows.first)
            #expect(row.notBefore == day(1))
            #expect(row.pushedAt == day(2))
            #expect(row.mediaType == .ociIndex)
            #expect(row.source == .observed)
        }
        let other = Observation(
            digest: full.digest, observedAt: day(3), pushedAt: day(2.5), mediaType: .ociManifest, source: .metadata)
        let row = try #require(History.merge(adding: [full, other]).rows.first)
        #expect(row.pushedAt == day(2))
        #expect(row.mediaType == .ociIndex)
        #expect(row.source == .registry)
    }

    /// An image that was built while the tag bore another one for longer was not pushed then, and what it is when it comes is
    /// no return to it.
    @Test func anImagesOwnDateIsDisprovedByWhatFollows() throws {
        let built = try observations("D@3", source: .metadata)
        let seen = try observations("A@1 A@4 D@9")
        let rows = ["first A@1", "same D@3", "same A@4", "rebuild A>D@9>4"]
        let merged = History.merge(adding: seen + built)
        #expect(text(merged.rows) == rows)
        #expect(merged.digest == built[0].digest)
        // Whichever came first, and once more.
        let other = History.merge(adding: built)
        #expect(text(other.rows) == ["same D@3"])
        for (known, news) in [(other, seen), (merged, built), (merged, seen)] {
            let again = History.merge(existing: known.rows, lastSucceededAt: known.lastSucceededAt, adding: news)
            #expect(text(again.rows) == rows)
            #expect(again.lastSucceededAt == merged.lastSucceededAt)
        }
        // It was there after all.
        let proved = History.merge(
            existing: merged.rows, lastSucceededAt: merged.lastSucceededAt, adding: try observations("D@3.5"))
        #expect(
            text(proved.rows)
                == ["first A@1", "rebuild A>D@3>1", "same D@3.5", "rebuild! D>A@4>3.5", "rebuild! A>D@9>4"])
    }

    @Test func sourcesByStrength() {
        let weakToStrong: [Source] = [.metadata, .imported, .sibling, .registry, .observed]
        for (index, weaker) in weakToStrong.enumerated() {
            for stronger in weakToStrong[index...] {
                #expect(weaker.strongest(stronger) == stronger)
                #expect(stronger.strongest(weaker) == stronger)
            }
        }
    }

    @Test func theLastCheckBecomesARowWhereAnotherDigestComesBefore() throws {
        let live = History.merge(adding: try observations("A@1", source: .observed))
        let tail = History.merge(existing: live.rows, lastSucceededAt: day(20), adding: [])
        #expect(text(tail.rows) == ["first A@1"])
        #expect(tail.lastSucceededAt == day(20))

        let merged = History.merge(
            existing: tail.rows, lastSucceededAt: tail.lastSucceededAt, adding: try observations("B@10"))
        #expect(text(merged.rows) == ["first A@1", "rebuild A>B@10>1", "rebuild! B>A@20>10"])
        #expect(merged.rows[2].source == .observed)
        #expect(merged.lastSucceededAt == day(20))
        #expect(merged.digest == (try digest("A")))

        let older = History.merge(
            existing: tail.rows, lastSucceededAt: tail.lastSucceededAt, adding: try observations("A@10 Z@0"))
        #expect(text(older.rows) == ["first Z@0", "rebuild Z>A@1>0", "same A@10"])
        #expect(older.lastSucceededAt == day(20))

        let newer = History.merge(
            existing: tail.rows, lastSucceededAt: tail.lastSucceededAt, adding: try observations("B@30"))
        #expect(text(newer.rows) == ["first A@1", "same A@20", "rebuild A>B@30>20"])
        #expect(newer.lastSucceededAt == day(30))
    }

    @Test func theLastCheckBeforeATagWentMissingIsKeptToo() throws {
        let state = Decision.CurrentState(digest: try digest("A"), lastSucceededAt: day(8))
        let live =
            History.merge(adding: try observations("A@0", source: .observed)).rows
            + Decision.decide(current: state, outcome: .missing, at: day(10), hasBorne: false)
        let merged = History.merge(existing: live, lastSucceededAt: day(8), adding: try observations("B@5"))
        #expect(
            text(merged.rows) == ["first A@0", "rebuild A>B@5>0", "rebuild! B>A@8>5", "missing A>-@10>8"])
        #expect(merged.isMissing)
        #expect(merged.lastSucceededAt == day(8))
        #expect(merged.state.lastMissingAt == day(10))
    }

    @Test func aTagThatWasStillMissingLaterIsMissing() throws {
        let live = History.merge(adding: try observations("A@0 -@10", source: .observed))
        let merged = History.merge(
            existing: live.rows, lastSucceededAt: live.lastSucceededAt, lastMissingAt: day(30),
            adding: try observations("B@20"))
        #expect(
            text(merged.rows) == [
                "first A@0", "missing A>-@10>0", "returned B@20>10", "rebuild A>B@20>0", "missing B>-@30>20",
            ])
        #expect(merged.isMissing)
        #expect(merged.lastMissingAt == day(30))
        #expect(merged.lastSucceededAt == day(20))
    }

    @Test func kindsStayWhileTheirDigestsDo() throws {
        var rows = History.merge(adding: try observations("A@1 C@5")).rows
        rows[1].kind = .platforms
        rows[1].platforms = [Platform(os: "linux", architecture: "arm64")]
        let kept = History.merge(existing: rows, lastSucceededAt: nil, adding: try observations("Z@0 C@6"))
        #expect(kept.rows[2].kind == .platforms)
        #expect(kept.rows[2].platforms.count == 1)

        let moved = History.merge(existing: rows, lastSucceededAt: nil, adding: try observations("B@3")) { _, new in
            Classification(kind: new == rows[1].digest ? .metadata : .noop)
        }
        #expect(moved.rows.map(\.kind) == [.first, .noop, .metadata])
        #expect(moved.rows[2].platforms.isEmpty)
    }

    @Test func storedRowsStandBeforeNewOnesOfTheSameTime() throws {
        let stored = History.merge(adding: try observations("C@1"))
        let merged = History.merge(
            existing: stored.rows, lastSucceededAt: stored.lastSucceededAt, adding: try observations("A@1 B@1 C@1"))
        #expect(text(merged.rows) == ["first C@1", "rebuild C>A@1>1", "rebuild A>B@1>1"])
    }
}
