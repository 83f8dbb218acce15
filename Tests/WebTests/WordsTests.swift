import OCI
import Store
import TagHistory
import Testing

@testable import Web

@Suite struct WordsTests {
    @Test(arguments: [
        (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345"),
    ])
    func numbersAreGrouped(value: Int, text: String) {
        #expect(Words.number(value) == text)
    }

    @Test(arguments: [(1, "1 update"), (0, "0 updates"), (2_000, "2,000 updates")])
    func countsHaveTheirPlural(value: Int, text: String) {
        #expect(Words.count(value, "update") == text)
    }

    @Test(arguments: [
        (0.0001, "under a minute"), (0.01, "14 minutes"), (0.5, "12 hours"), (1.0, "24 hours"), (2.0, "2 days"),
        (6.84, "6.8 days"), (9.99, "10 days"), (41.4, "41 days"), (913.1, "2.5 years"), (.infinity, "unknown"),
    ])
    func lengthsOfTimeAreRounded(days: Double, text: String) {
        #expect(Words.days(days) == text)
    }

    /// No more than has passed.
    @Test(arguments: [
        (0.0006, "under a minute"), (0.0007, "1 minute"), (1.99, "47 hours"), (6.89, "6.8 days"), (45.6, "45 days"),
        (1_000, "2.7 years"),
    ])
    func ages(days: Double, text: String) { #expect(Words.age(days) == text) }

    @Test(arguments: [
        (140.2, nil, "140 days ago"), (140.0, 0.01...279.5, "in the last 280 days"),
        (10, 3.3...16.7, "3.3 to 17 days ago"), (22, 14...30, "14 to 30 days ago"),
        (900, 700...1_100, "700 days to 3.1 years ago"),
    ])
    func lastUpdatesAreToldNoBetterThanKnown(days: Double, between: ClosedRange<Double>?, text: String) {
        #expect(Words.lastUpdate(days, between: between) == text)
    }

    /// Of one that was there when the tag was first seen, and of those found a moment and 280 days after the last look.
    @Test(arguments: [(nil, "at least 5 days"), (0.5, "5 days"), (280.0, "at most 285 days")])
    func agesOfDigestsAreToldNoBetterThanKnown(gap: Double?, text: String) throws {
        let found = TestSite.now.advanced(bySeconds: -5 * 86_400)
        let (tag, sample) = try Samples.tag(changesDaysAgo: gap == nil ? [5] : [400, 5])
        var history = sample
        if let gap { history[1].notBefore = found.advanced(bySeconds: -gap * 86_400) }
        let pulse = Pulse(history: history, firstSeenAt: tag.firstSeenAt)
        #expect(Words.digestAge(tag, pulse, now: TestSite.now) == text)
        let drawing = TagBadge.lastChange.drawing(
            .active,
            statistics: Statistics(
                changes: history, firstSeenAt: tag.firstSeenAt, lastSucceededAt: TestSite.now, asOf: TestSite.now),
            lastChangedAt: tag.lastChangedAt, gap: pulse.gap(before: tag.lastChangedAt), now: TestSite.now)
        #expect(drawing.message == (gap == nil ? "none seen" : gap == 280 ? "in the last 285 days" : "5 days ago"))
    }

    @Test(arguments: [
        (0.0, "just now"), (-10.0, "in a moment"), (60.0, "1 minute ago"), (7_300.0, "2 hours ago"),
        (259_200.0, "3 days ago"), (5_227_200.0, "60 days ago"), (5_270_400.0, "2 months ago"),
        (86_400_000.0, "2 years ago"), (-3_700.0, "in 1 hour"),
    ])
    func timesAreRelative(secondsAgo: Double, text: String) {
        let now = TestSite.now
        #expect(Words.relative(now.advanced(bySeconds: -secondsAgo), now: now) == text)
    }

    @Test(arguments: [
        ("2026-02-11T11:00:00Z", "2026-02-11T12:00:00Z", "between 11 Feb 2026, 11:00 and 12:00 UTC"),
        ("2025-12-31T23:00:00Z", "2026-01-01T01:30:00Z", "between 31 Dec 2025, 23:00 and 1 Jan 2026, 01:30 UTC"),
    ])
    func aSpanSaysItsDayOnce(start: String, end: String, text: String) throws {
        #expect(Words.span(from: try Timestamp(parsing: start), to: try Timestamp(parsing: end)) == text)
    }

    @Test(arguments: [(950, "950"), (15_000, "15k"), (2_500, "2.5k"), (3_000_000, "3M")])
    func anAxisIsShort(value: Int, text: String) {
        #expect(Words.compact(value) == text)
    }
}
