import Foundation
import OCI
import TagHistory
import Testing

@testable import Store
@testable import Web

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct ChartTests {
    @Test(arguments: [
        (0, [1, 2]), (1, [1, 2]), (2, [1, 2]), (3, [1, 2, 3]), (5, [2, 4, 6]), (9, [5, 10]), (17, [5, 10, 15, 20]),
        (14_800, [5_000, 10_000, 15_000]),
    ])
    func anAxisHasFewRoundLines(maximum: Int, lines: [Int]) {
        #expect(Scale(maximum: maximum).lines == lines)
    }

    @Test func theLargestCountsHaveAnAxisToo() {
        let scale = Scale(maximum: Int(Int32.max))
        #expect(scale.top >= Int(Int32.max) && scale.lines.count <= 4)
    }

    @Test func aChartIsWellFormedAndEscaped() {
        let chart = BarChart(
            id: "x", title: "a < b & \"c\"", description: "<script>\u{0}alert(1)</script>",
            bars: [
                .init(label: "<b>", lower: 1, upper: 2, tick: "<Jan>"), .init(label: "", lower: 0, isWatched: false),
            ])
        #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
        #expect(!chart.svg.contains("<script"))
        #expect(!chart.svg.contains("style="))
        #expect(chart.svg.contains("role=\"img\""))
    }

    @Test(arguments: [[BarChart.Bar](), [.init(label: "none", lower: 0)]])
    func anEmptyChartIsAChart(bars: [BarChart.Bar]) {
        #expect(XMLParser(data: Data(BarChart(id: "x", title: "t", description: "d", bars: bars).svg.utf8)).parse())
    }

    @Test(arguments: [(Histogram.Bucket.week, 52), (.month, 36)])
    func bucketsReachToNow(bucket: Histogram.Bucket, count: Int) throws {
        let (tag, history) = try Samples.tag(changesDaysAgo: [100, 40, 10, 1])
        let chart = TagChart(history, tag: tag, bucket: bucket, now: TestSite.now)
        #expect(chart.rows.count == count)
        #expect(chart.rows.first?.label == (bucket == .week ? "9 Feb 2026" : "Feb 2026"))
        #expect(chart.rows.map { Int($0.updates) ?? 0 }.reduce(0, +) == 3)
        #expect(chart.rows.last?.updates == "not watched")
        #expect(chart.svg.contains("3 updates and 0 other changes"))
        #expect(chart.svg.contains("Week of 9 Feb 2026: 1 update") == (bucket == .week))
        #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
    }

    @Test func anUnwatchedTimeIsHatched() {
        let bars = [false, false, true, false].map { BarChart.Bar(label: "", lower: 0, isWatched: $0) }
        let svg = BarChart(id: "x", title: "", description: "", bars: bars).svg
        #expect(svg.components(separatedBy: "url(#x-hatch)").count == 3)
    }
}
