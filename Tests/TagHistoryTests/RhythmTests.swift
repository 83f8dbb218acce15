import OCI
import Testing

@testable import TagHistory

@Suite struct RhythmTests {
    struct Example: Sendable {
        let text: String
        let last: Double
        let reason: String
    }

    static func weekly(_ count: Int) -> String {
        (0...count).map { "D\($0)@\($0 * 7)>\($0 * 7)" }.joined(separator: " ")
    }

    @Test(arguments: [
        Example(text: "A@0", last: 100, reason: "unchanged: no update in the 100 days since it was first seen"),
        Example(
            text: "A@0 B@1 A@1.1", last: 1.2,
            reason: "unchanged: no update in the 28 hours since it was first seen; its digest changed twice, "
                + "which was no update"),
        Example(
            text: weekly(8), last: 57,
            reason: "weekly: 8 updates in the 57 days since it was first seen, never more than 7 days apart"),
        Example(
            text: weekly(70), last: 491, reason: "weekly: 52 updates in the last year, never more than 7 days apart"),
        Example(
            text: weekly(70), last: 505,
            reason: "weekly: 50 updates in the last year, never more than 7 days apart; "
                + "overdue, the last was 15 days ago"),
        Example(
            text: "A@0 B@20>20", last: 25,
            reason: "fortnightly: 1 update in the 25 days since it was first seen, "
                + "never more than 20 days without one"),
        Example(
            text: "A@0 B@1>1 C@2>2 D@3>3 E@43>43 F@44>44", last: 45,
            reason: "irregular: 5 updates in the 45 days since it was first seen, half of them within 24 hours of the "
                + "one before, but once 40 days without any"),
        Example(
            text: weekly(20), last: 400,
            reason: "stopped: 20 updates in all, none for 260 days; by its past, it is probably rebuilt no more"),
        // To and fro, so no update: but not silent.
        Example(
            text: "A@0 " + (1...100).map { "\($0 % 2 == 1 ? "B" : "A")@\($0)>\($0)" }.joined(separator: " "), last: 101,
            reason:
                "stopped: 1 update in all, none for 100 days; its digest still changes, last 24 hours ago, but in "
                + "ways that are no update: metadata or platforms alone, or back to an older one"),
        // What never rests for six hours is pushed every day.
        Example(
            text: (0...1_000).map { "D\($0)@\(Double($0) / 8)>\(Double($0) / 8)" }.joined(separator: " "), last: 125.2,
            reason: "daily: 125 updates in the 125 days since it was first seen, never more than 24 hours apart"),
        Example(
            text: "A@0", last: 0.01,
            reason: "unchanged: no update in the time since it was first seen, under an hour ago"),
        Example(
            text: "A@0 B@400>400", last: 450,
            reason: "yearly: 1 update in the last year, after 400 days without any"),
        // It began before the year that the sentence speaks of.
        Example(
            text: "A@0 B@100>100 C@1000>1000 D@1100>1100 E@1200>1200", last: 1250,
            reason: "irregular: 3 updates in the last year, half of them within 100 days of the one before, "
                + "but once 900 days without any"),
        Example(
            text: "A@0 B@500>500 C@520>520", last: 800,
            reason: "yearly: 2 updates in the last year, one of them after 500 days without any"),
        // More time has passed since than there ever was without one before.
        Example(
            text: "A@0 B@8>8 C@15>15 D@22>22 E@29>29", last: 39,
            reason:
                "weekly: 4 updates in the 39 days since it was first seen, never more than 8 days without one before"),
        Example(
            text: "A@0 B@100>100 C@300>300", last: 500,
            reason: "half-yearly: 1 update in the last year, never more than 200 days without one"),
        // Weekly, then nobody looked for 280 days: when the last one was, nobody knows.
        Example(
            text: weekly(20) + " Z@420>140", last: 420.5,
            reason: "stopped: 21 updates in all, the last some time in the 280 days before it was found; whether more "
                + "follow is not known yet"),
        // One of them came in two steps, which makes no update of the last one's change.
        Example(
            text: weekly(20) + " Y@140.1>140.1 Z@420>140.5", last: 420.5,
            reason: "stopped: 21 updates in all, the last some time in the 280 days before it was found; whether more "
                + "follow is not known yet"),
        Example(
            text: weekly(20) + " Z@154>140", last: 163,
            reason:
                "weekly: 21 updates in the 163 days since it was first seen, never more than 7 days apart, give or take "
                + "7 days; overdue, the last was 9 to 23 days ago"),
        // What was looked at once a month is known to a month.
        Example(
            text: "D0@0 " + (1...12).map { "D\($0)@\($0 * 30)>\($0 * 30 - 30)" }.joined(separator: " "), last: 360,
            reason:
                "monthly: 12 updates in the 360 days since it was first seen, never more than 30 days apart, give or take "
                + "30 days"),
        Example(
            text: weekly(20) + " Z@154>140", last: 500,
            reason: "stopped: 21 updates in all, none for 346 days; by its past, it is probably rebuilt no more"),
    ])
    func reasons(_ example: Example) throws {
        let merged = History.merge(adding: try observations(example.text))
        let rhythm = Statistics(
            changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: day(example.last),
            asOf: day(example.last)
        ).rhythm
        #expect(rhythm.reason == example.reason)
        #expect(rhythm.word.map { rhythm.reason.hasPrefix($0.label + ": ") } == true)
    }

    /// As of a tag that is missing for long: the time that the sentence names is no shorter than the gap in it.
    @Test func theTimeSinceTheFirstSightingGoesOnWithoutSightings() throws {
        let merged = History.merge(adding: try observations("A@0 B@10>10 C@30>30"))
        let rhythm = Statistics(
            changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: day(30), asOf: day(106)
        ).rhythm
        #expect(
            rhythm.reason
                == "every two months: 2 updates in the 106 days since it was first seen, never more than 76 days without one; "
                + "last seen 76 days ago"
        )
    }

    /// Nothing is said of a time in which nobody looked.
    @Test(
        arguments: [
            ("A@0", 0, 200, "unchanged: seen only 200 days ago and not since"),
            (
                "A@0", 12, 200,
                "unchanged: no update in the 12 days in which it was seen; last seen 188 days ago"
            ),
            (
                "A@0 B@0.5>0.5", 0.8, 100,
                "stopped: 1 update in all, none known for 99 days; if there was none, it is probably rebuilt no "
                    + "more; last seen 99 days ago"
            ),
            ("A@0", 198, 200, "unchanged: no update in the 200 days since it was first seen"),
            (
                weekly(8), 57, 66,
                "weekly: 8 updates in the 66 days since it was first seen, never more than 7 days apart; "
                    + "last seen 9 days ago"
            ),
        ] as [(String, Double, Double, String)])
    func whatWasNotSeenIsNotTold(text: String, last: Double, now: Double, reason: String) throws {
        let merged = History.merge(adding: try observations(text))
        let rhythm = Statistics(
            changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: day(last), asOf: day(now)
        ).rhythm
        #expect(rhythm.reason == reason)
        #expect(rhythm.pastReason == reason.replacing(/; last seen .*/, with: ""))
    }

    @Test func superseded() throws {
        let merged = History.merge(adding: try observations(Self.weekly(20)))
        let rhythm = Statistics(
            changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: day(400), superseded: true,
            asOf: day(400)
        ).rhythm
        #expect(rhythm.word == .superseded)
        #expect(
            rhythm.reason == "superseded: the repository has a newer version of this tag; none of its 20 updates "
                + "came in the last 260 days")
        let once = History.merge(adding: try observations("A@0 B@10>10"))
        let reason = Statistics(
            changes: once.rows, firstSeenAt: once.firstSeenAt, lastSucceededAt: day(400), superseded: true,
            asOf: day(400)
        ).rhythm.reason
        #expect(
            reason == "superseded: the repository has a newer version of this tag; its only update came 390 days ago")
    }

    @Test func everyStepOfTheLadder() throws {
        for (step, word) in Rhythm.ladder {
            // Gaps of one and a half steps still belong to it.
            let gap = Double(step) * 1.5
            let text = (0...4).map { "D\($0)@\(Double($0) * gap)>\(Double($0) * gap)" }.joined(separator: " ")
            let merged = History.merge(adding: try observations(text))
            let rhythm = Statistics(
                changes: merged.rows, firstSeenAt: merged.firstSeenAt, lastSucceededAt: merged.lastSucceededAt,
                asOf: day(gap * 4)
            ).rhythm
            #expect(rhythm.word == word)
            #expect(rhythm.days == step)
        }
        let rare = Statistics(
            changes: History.merge(adding: try observations("A@0 B@600>600")).rows, firstSeenAt: day(0),
            lastSucceededAt: day(600), asOf: day(600)
        ).rhythm
        #expect(rare.word == .rare)
        #expect(rare.days == nil)
    }

    @Test func namesAndNumbersStay() {
        #expect(
            ChangeKind.allCases.map { "\($0.rawValue) \($0.name)" } == [
                "1 first", "2 rebuild", "3 noop", "4 platforms", "5 metadata", "6 missing", "7 returned", "8 same",
            ])
        #expect(
            Source.allCases.map { "\($0.rawValue) \($0.name)" } == [
                "1 observed", "2 registry", "3 sibling", "4 metadata", "5 imported",
            ])
        for kind in ChangeKind.allCases { #expect(ChangeKind(name: kind.name) == kind) }
        for source in Source.allCases { #expect(Source(name: source.name) == source) }
        #expect(ChangeKind(name: "Rebuild") == nil)
        #expect(Source(name: "") == nil)
    }
}
