import OCI
import Testing

@testable import TagHistory

@Suite("Calibration")
struct CalibrationTests {
    /// Expected values: scipy 1.17's nbinom(shape, exposure / (exposure + days)).
    @Test(
        "Predictive intervals are those of the negative binomial distribution",
        arguments: [
            (0.5, 365.0, 180.0, 0, 0, 2), (1.5, 365, 180, 0, 0, 4), (0.5, 30, 180, 0, 1, 16), (2.7, 200, 180, 0, 2, 8),
            (12.5, 365, 180, 1, 6, 13), (52.5, 365, 180, 15, 26, 39), (4.25, 365, 7, 0, 0, 1),
            (800.5, 365, 180, 348, 394, 443), (5000.5, 365, 180, 2_348, 2_466, 2_586),
            (20_000.5, 365, 180, 9_626, 9_863, 10_102), (1.5, 1, 180, 19, 213, 843),
        ])
    func predictedCounts(shape: Double, exposure: Double, days: Double, low: Int, median: Int, high: Int) {
        let predicted = PredictedCount(shape: shape, exposure: exposure, days: days)
        #expect(predicted.interval95 == low...high)
        #expect(predicted.quantile(0.5) == median)
    }

    @Test("The rate's posterior is the product's: one update in a year, none, and nothing observed")
    func posterior() throws {
        let rows = [
            Change(digest: try digest("A"), kind: .first, source: .observed, observedAt: day(0)),
            Change(
                digest: try digest("B"), previousDigest: try digest("A"), kind: .rebuild, source: .registry,
                observedAt: day(100)),
        ]
        func predicted(_ rows: [Change], until: Double) -> PredictedCount? {
            PredictedCount(
                Statistics(
                    changes: rows, firstSeenAt: day(0), lastSucceededAt: day(until), asOf: day(until)),
                days: 180)
        }
        #expect(
            predicted(rows, until: 365)?.interval95
                == PredictedCount(shape: 1.5, exposure: 365, days: 180).interval95)
        #expect(predicted(Array(rows.prefix(1)), until: 365) == PredictedCount(shape: 0.5, exposure: 365, days: 180))
        #expect(predicted(Array(rows.prefix(1)), until: 0) == nil)
    }

    @Test("What checks every six hours make of pushes")
    func tracedTag() throws {
        let hours: [Double] = [1, 7, 7.5, 13, 288, 720]
        let lines = ["image,tag,epoch,kind", "a,1,0,B"] + hours.map { "a,1,\(Int($0 * 3_600)),C" }
        let trace = try trace(lines.joined(separator: "\n"))
        let digests = try (0...6).map { try digest("D\($0)") }
        let tag = TracedTag(0, of: trace, interval: 21_600, digests: digests)
        // Those of the first hours are one push: 1, 7 (exactly six hours later: another), 7.5, 13 (5.5 h later).
        #expect(tag.updates == [3_600, 25_200, 12 * 86_400, 30 * 86_400])
        #expect(tag.updates(after: 3_600, days: 12) == 2)
        #expect(tag.updates(after: 3_599, days: 1) == 2)
        // Found at 6, 12 and 18 hours: checks six hours apart.
        #expect(tag.statistics(at: 5 * 3_600).changes == 0)
        #expect(tag.statistics(at: 6 * 3_600).changes == 1)
        let later = tag.statistics(at: 29 * 86_400)
        #expect(later.changes == 4 && later.updates == 4 && later.observedDays == 29)
        #expect(tag.statistics(at: 29 * 86_400 + 3_600).observedDays == 29)
    }

    @Test("Listed throughout: from the first line on, and after a delisting once it changed again")
    func listed() throws {
        let trace = try trace(
            """
            image,tag,epoch,kind
            a,1,100,B
            a,1,200,D
            a,1,300,C
            a,1,400,D
            a,2,100,N
            """)
        for (from, until, expected) in [
            (100, 199, true), (99, 150, false), (100, 200, false), (200, 250, false), (250, 350, false),
            (300, 399, true), (300, 400, false), (500, 600, false),
        ] {
            #expect(trace.isListed(0, from: Int64(from), until: Int64(until)) == expected, "\(from) \(until)")
        }
        #expect(trace.isListed(1, from: 100, until: 9_999))
    }

    /// A tag that is pushed every ten days, one that stopped after a year, one that never was.
    @Test("Judgements are counted by condition and by the probability given")
    func judgements() throws {
        var lines = ["image,tag,epoch,kind", "a,1,0,B"]
        lines += (1..<100).map { "a,1,\($0 * 864_000),C" }
        lines += ["a,2,0,B"] + (1..<36).map { "a,2,\($0 * 864_000),C" } + ["a,2,31536000,D", "a,3,0,B"]
        let calibration = Calibration(trace: try trace(lines.joined(separator: "\n")))
        let report = try calibration.run()
        #expect(report.times.count == 12)
        #expect(report.times.first == Timestamp(seconds: 365 * 86_400))
        #expect(report.times.last == Timestamp(seconds: (990 - 180) * 86_400))
        #expect(report.coverage(of: .all).judgements == 36)
        // Delisted at the first judgement.
        #expect(report.coverage(of: .steady).judgements == 24)
        #expect(report.coverage(of: .steadyAndUpdated).judgements == 12)
        #expect(report.coverage(of: .steady).share == 1)
        let updated = report.coverage(of: .updated)
        #expect(updated.judgements > 18 && updated.below > 5 && updated.above == 0)
        #expect(report.coverage(of: .all).below == updated.below)
        let due = try #require(report.due[30])
        #expect(due.bins.map(\.judgements).reduce(0, +) == 36 && due.whole.judgements == 36)
        #expect(due.whole.observed == 12.0 / 36)
        #expect(due.bins[0].judgements >= 12 && due.bins[0].cameTrue == 0)
        #expect(due.bins.last?.expected.map { $0 > 0.9 } ?? true)
        #expect(due.bins.map(\.cameTrue).reduce(0, +) == 12)
        for bin in due.bins { #expect(bin.expected.map { $0 >= bin.from && $0 <= bin.to } ?? (bin.judgements == 0)) }
    }

    @Test("A trace of less than a year and a half gives nothing to judge")
    func short() throws {
        let trace = try trace("image,tag,epoch,kind\na,1,0,B\na,1,\(544 * 86_400),C")
        let report = try Calibration(trace: trace).run()
        #expect(report.times.isEmpty && report.coverage(of: .all).share == nil)
    }
}
