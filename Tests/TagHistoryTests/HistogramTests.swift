import Foundation
import OCI
import Testing

@testable import TagHistory

@Suite struct HistogramTests {
    static func histogram(
        _ bucket: Histogram.Bucket, _ text: String, from: Timestamp? = nil, to: Timestamp? = nil, now: Timestamp
    ) throws -> Histogram {
        let merged = History.merge(adding: try observations(text))
        return try Histogram(
            bucket: bucket, changes: merged.rows, firstSeenAt: merged.firstSeenAt, from: from, to: to, now: now)
    }

    static func counts(_ histogram: Histogram) -> [String] {
        histogram.items.map { "\($0.start.description.prefix(10)) \($0.changes) \($0.updates)" }
    }

    // Day 0 is Thursday, the first of January 2026.
    static let text = "A@0.5 B@1.2 C@1.3 -@2 C@3 D@4.1 D@5 E@31"

    @Test func days() throws {
        let histogram = try Self.histogram(.day, Self.text, to: day(5.9), now: day(50))
        #expect(
            Self.counts(histogram) == [
                "2026-01-01 0 0", "2026-01-02 2 1", "2026-01-03 0 0", "2026-01-04 0 0", "2026-01-05 1 1",
                "2026-01-06 0 0",
            ])
    }

    @Test func weeksBeginOnMonday() throws {
        let histogram = try Self.histogram(.week, Self.text, now: day(32))
        #expect(
            Self.counts(histogram) == [
                "2025-12-29 2 1", "2026-01-05 1 1", "2026-01-12 0 0", "2026-01-19 0 0", "2026-01-26 1 1",
                "2026-02-02 0 0",
            ])
    }

    @Test func months() throws {
        let histogram = try Self.histogram(.month, Self.text, now: day(60))
        #expect(Self.counts(histogram) == ["2026-01-01 3 2", "2026-02-01 1 1", "2026-03-01 0 0"])
    }

    @Test func fromAndToChooseWholeBuckets() throws {
        let histogram = try Self.histogram(.month, Self.text, from: day(20), to: day(31), now: day(400))
        #expect(Self.counts(histogram) == ["2026-01-01 3 2", "2026-02-01 1 1"])
        let before = try Self.histogram(.month, Self.text, from: day(-40), to: day(1), now: day(400))
        #expect(Self.counts(before) == ["2025-11-01 0 0", "2025-12-01 0 0", "2026-01-01 3 2"])
    }

    @Test func believedPushTimesCount() throws {
        var rows = History.merge(adding: try observations("A@0 B@5 C@10")).rows
        rows[1].pushedAt = day(2)
        rows[2].pushedAt = day(4)
        let histogram = try Histogram(bucket: .day, changes: rows, firstSeenAt: day(0), now: day(10))
        #expect(histogram.items.indices.filter { histogram.items[$0].changes > 0 } == [2, 10])
        #expect(histogram.items.map(\.updates) == histogram.items.map(\.changes))
    }

    /// By its own date the image A was built long before; B was the first that anybody saw.
    @Test func theFirstSightingIsNoChangeAnywhere() throws {
        for seen in ["B@10 C@20", "A@10 C@20", "-@9 B@10 C@20"] {
            let merged = History.merge(
                adding: try observations("A@1", source: .metadata) + observations(seen, source: .observed))
            #expect(merged.firstSeenAt == day(10))
            for rows in [merged.rows, merged.shownRows] {
                let statistics = Statistics(
                    changes: rows, firstSeenAt: day(10), lastSucceededAt: day(25), asOf: day(30))
                #expect(statistics.changes == 1 && statistics.updates == 1 && statistics.changesWithin.days365 == 1)
                let histogram = try Histogram(
                    bucket: .day, changes: rows, firstSeenAt: day(10), from: day(0), now: day(30))
                #expect(histogram.items.indices.filter { histogram.items[$0].changes > 0 } == [20])
                #expect(histogram.items.indices.filter { histogram.items[$0].updates > 0 } == [20])
                let marks = HistoryMark.all(in: CountedRows(rows, firstSeenAt: day(10)))
                #expect(marks.map(\.observedAt) == [day(20)] && marks.map(\.changes) == [1])
            }
        }
        let built = History.merge(adding: try observations("A@1 B@5", source: .metadata))
        #expect(CountedRows(built.rows, firstSeenAt: nil).changes.isEmpty)
    }

    @Test func withoutASightingThereIsNothing() throws {
        #expect(try Histogram(bucket: .day, changes: [], firstSeenAt: nil, now: day(1)).items.isEmpty)
        #expect(try Histogram(bucket: .day, changes: [], firstSeenAt: day(2), now: day(1)).items.isEmpty)
        #expect(try Histogram(bucket: .day, changes: [], firstSeenAt: nil, from: day(0), now: day(1)).items.count == 2)
    }

    @Test func tooMuchIsAnError() throws {
        let error = #expect(throws: HistogramError.self) {
            try Histogram(bucket: .day, changes: [], firstSeenAt: nil, from: day(-10_000), now: day(0))
        }
        #expect(error?.code == .tooMany)
        #expect(error?.description.contains("10001 buckets") == true)
        #expect(
            try Histogram(bucket: .day, changes: [], firstSeenAt: nil, from: day(-9_999), now: day(0)).items.count
                == 10_000)
        #expect(throws: HistogramError(code: .order, count: 0)) {
            try Histogram(bucket: .day, changes: [], firstSeenAt: nil, from: day(2), to: day(1), now: day(5))
        }
        let extreme = Timestamp(microseconds: .min)
        #expect(throws: HistogramError.self) {
            try Histogram(bucket: .day, changes: [], firstSeenAt: extreme, now: Timestamp(microseconds: .max))
        }
    }

    @Test func json() throws {
        let histogram = try Self.histogram(.week, "A@0 B@1", now: day(1))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(
            String(decoding: try encoder.encode(histogram), as: UTF8.self)
                == #"{"bucket":"week","items":[{"changes":1,"start":"2025-12-29T00:00:00Z","updates":1}]}"#)
    }

    @Test func civilDates() {
        let table: [(Int64, Int64, Int64, Int64)] = [
            (0, 1970, 1, 1), (-1, 1969, 12, 31), (59, 1970, 3, 1), (11_016, 2000, 2, 29), (11_017, 2000, 3, 1),
            (20_454, 2026, 1, 1), (-719_468, 0, 3, 1), (-25_508, 1900, 3, 1), (47_541, 2100, 3, 1),
        ]
        for (days, year, month, dayOfMonth) in table {
            let date = CivilDate(year: year, month: month, day: dayOfMonth)
            #expect(CivilDate(days: days) == date)
            #expect(date.days == days)
        }
        for days in stride(from: Int64(-800_000), through: 800_000, by: 37) {
            #expect(CivilDate(days: days).days == days)
        }
    }

    @Test func everyTimeLiesInItsBucket() {
        var random = SeededGenerator(7)
        for _ in 0..<3_000 {
            // From the first to the ninety-eighth century.
            let seconds = Int64.random(in: -60_000_000_000...247_000_000_000, using: &random)
            let time = Timestamp(microseconds: seconds * 1_000_000 + Int64.random(in: 0..<1_000_000, using: &random))
            for bucket in Histogram.Bucket.allCases {
                let index = bucket.index(of: time)
                #expect(bucket.start(of: index) <= time)
                #expect(bucket.start(of: index + 1) > time)
            }
        }
    }
}
