import Foundation
import OCI
import Testing

@testable import TagHistory

@Suite struct StatisticsTests {
    static func statistics(_ text: String, last: Double? = nil, asOf: Double) throws -> Statistics {
        let merged = History.merge(adding: try observations(text))
        return Statistics(
            changes: merged.rows, firstSeenAt: merged.firstSeenAt,
            lastSucceededAt: last.map(day) ?? merged.lastSucceededAt, asOf: day(asOf))
    }

    @Test func aTagNeverSeen() throws {
        for firstSeenAt in [nil, day(2)] {
            let statistics = Statistics(
                changes: [], firstSeenAt: firstSeenAt, lastSucceededAt: firstSeenAt, asOf: day(1))
            #expect(statistics.changes == 0)
            #expect(statistics.observedDays == 0)
            #expect(statistics.aliveProbability == nil)
            #expect(statistics.rhythm.word == nil)
            #expect(statistics.rhythm.evidence == .none)
        }
    }

    @Test func aTagSeenOnce() throws {
        let statistics = try Self.statistics("A@1", asOf: 1)
        #expect(statistics.rate == .init())
        #expect(statistics.interval.worstGapDays == 0)
        #expect(isClose(statistics.aliveProbability, 0.45454545454545453))
        #expect(statistics.rhythm.word == .unchanged)
    }

    @Test func everyMemberIsThereInJSON() throws {
        let never = Statistics(changes: [], firstSeenAt: nil, lastSucceededAt: nil, asOf: day(0))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = String(decoding: try encoder.encode(never), as: UTF8.self)
        #expect(
            json == """
                {"aliveProbability":null,"asOf":"2026-01-01T00:00:00Z","changes":0,\
                "changesWithin":{"30d":0,"365d":0,"7d":0,"90d":0},"daysSinceLastUpdate":null,\
                "dueWithin":{"14d":null,"30d":null,"7d":null},"flaps":0,\
                "interval":{"longestDays":null,"meanDays":null,"medianDays":null,"medianHigh95":null,\
                "medianLow95":null,"variation":null,"worstGapDays":null,"worstGapDaysEver":null},"observedDays":0,\
                "rate":{"atMost95":null,"high95":null,"low95":null,"perDay":null},"reverts":0,\
                "rhythm":{"class":null,"days":null,"evidence":"none","overdue":false,"reason":"not seen yet"},\
                "trend":{"direction":null,"u":null},"updates":0,"updatesInWindow":0,"windowDays":0}
                """)
        let full = try Self.statistics("A@0 B@7 C@14 D@21 E@28 F@35 G@42 H@49", asOf: 50)
        for one in [never, full] {
            var told = one
            told.daysSinceLastUpdateBetween = nil
            told.intervalUncertaintyDays = nil
            #expect(try JSONDecoder().decode(Statistics.self, from: encoder.encode(one)) == told)
        }
        let text = String(decoding: try encoder.encode(full), as: UTF8.self)
        #expect(text.contains(#""class":"weekly""#))
        #expect(text.contains(#""direction":"steady""#))
        #expect(!text.contains("medianLow95\":null"))
    }

    @Test func changesOfTheLastDays() throws {
        let statistics = try Self.statistics("A@-500 B@-365 C@-364 D@-90 E@-89 F@-30 G@-29 H@-7 I@-6", asOf: 0)
        #expect(statistics.changes == 8)
        #expect(statistics.changesWithin == .init(days7: 1, days30: 3, days90: 5, days365: 7))
    }

    @Test func asOfAPastTimeLaterRowsAreUnknown() throws {
        let text = "A@0 B@10 -@20 B@30 C@40>38"
        func at(_ time: Double) throws -> (changes: Int, observed: Double) {
            let statistics = try Self.statistics(text, last: 60, asOf: time)
            return (statistics.changes, statistics.observedDays)
        }
        // (time, changes, days until the last successful check known of then)
        let table: [(Double, Int, Double)] = [
            (0, 0, 0), (5, 0, 0), (10, 1, 10), (15, 1, 10), (25, 1, 10), (30, 1, 30), (35, 1, 35), (39, 1, 38),
            (40, 2, 40), (50, 2, 50), (60, 2, 60), (70, 2, 60),
        ]
        for (time, changes, observed) in table {
            #expect(try at(time) == (changes, observed), "at \(time)")
        }
        #expect(try Self.statistics(text, asOf: -1).rhythm.word == nil)
    }

    @Test func aLastCheckBeforeTheWindowLeavesNoRate() throws {
        let statistics = try Self.statistics("A@0 B@10 C@20 D@30", last: 40, asOf: 600)
        #expect(statistics.updates == 3)
        #expect(statistics.updatesInWindow == 0)
        #expect(statistics.windowDays == 0)
        #expect(statistics.observedDays == 40)
        #expect(statistics.rate == .init())
        #expect(statistics.rhythm.word == .stopped)
    }

    /// What came before the first sighting is known from an image's own date alone, and counts as nothing.
    @Test(arguments: [
        ("A@-900", "B@0 B@50"), ("A@-900 B@-800", "C@0 C@50 D@60"), ("A@-900", "-@-400 B@0 C@9"),
        ("A@-900 B@0", "B@0 C@9"), ("A@-900", "A@0 B@9 A@20"), ("B@5", "A@0 B@9 C@20"),
        ("C@5", "A@0 B@9 C@20"), ("C@5 C@9", "A@0 A@10 -@12 C@20"),
    ])
    func anImagesOwnDateIsNoSighting(built: String, seen: String) throws {
        let both = try observations(built, source: .metadata) + observations(seen)
        let merged = History.merge(adding: both)
        #expect(merged.firstSeenAt == day(0))
        let last = built == "B@5" ? "A@0 B@5 B@9 C@20" : seen
        let expected = try Self.statistics(last, asOf: 100)
        for rows in [merged.rows, merged.shownRows] {
            var statistics = Statistics(
                changes: rows, firstSeenAt: day(0), lastSucceededAt: merged.lastSucceededAt, asOf: day(100))
            _ = try JSONEncoder().encode(statistics)
            (statistics.changes, statistics.changesWithin) = (expected.changes, expected.changesWithin)
            // The reason names changes that were no update.
            if expected.updates == 0 { statistics.rhythm.reason = expected.rhythm.reason }
            #expect(statistics == expected, "\(text(rows))")
        }
    }

    @Test func aSpanIsCutAtTheWindowsBegin() throws {
        // The window begins on day 35; the span of B straddles it, with its middle inside.
        let merged = History.merge(adding: try observations("A@0 B@80"))
        let evaluation = Evaluation(
            episodes: Episode.all(in: CountedRows(merged.rows, firstSeenAt: nil)), firstSeen: day(0),
            lastSeen: day(400), now: day(400))
        #expect(evaluation.inWindow.count == 1)
        let cut = ArrivalRate(spans: [45 * Evaluation.day], exposure: 365 * Evaluation.day)
        #expect(evaluation.arrivals == cut)
    }

    @Test func trends() throws {
        let faster = try Self.statistics("A@0 B@60 C@90 D@95 E@98 F@99 G@100", asOf: 100)
        #expect(faster.trend.direction == .faster)
        let slower = try Self.statistics("A@0 B@1 C@2 D@4 E@8 F@10 G@12", last: 100, asOf: 100)
        #expect(slower.trend.direction == .slower)
        #expect(try Self.statistics("A@0 B@1 C@2 D@4", asOf: 5).trend == .init())
    }
}
