import Foundation
import OCI
import TagHistory
import Testing

@testable import Web

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct StripTests {
    static let now = Timestamp(seconds: 1_795_000_000)  // 18 November 2026

    static func ago(_ days: Double) -> Timestamp { now.advanced(bySeconds: -days * 86_400) }

    static func digest(_ number: Int) throws -> Digest {
        var bytes = [UInt8](repeating: 7, count: 32)
        bytes[0] = UInt8(number & 255)
        bytes[1] = UInt8(number >> 8 & 255)
        return try Digest(bytes: bytes)
    }

    static func change(
        _ number: Int, _ days: Double, kind: ChangeKind = .rebuild, source: Source = .observed, span: Double = 0.1,
        isPushKnown: Bool = false
    ) throws -> Change {
        Change(
            digest: kind == .missing ? nil : try digest(number),
            previousDigest: kind == .first ? nil : try digest(number - 1), kind: kind, source: source,
            observedAt: ago(days), notBefore: kind == .first ? nil : ago(days + span),
            pushedAt: isPushKnown ? ago(days + span / 2) : nil)
    }

    /// First seen that many days ago, rebuilt on the other ones.
    static func history(_ days: [Double], source: Source = .observed, span: Double = 0.1) throws -> [Change] {
        try days.enumerated().map { index, days in
            try change(index, days, kind: index == 0 ? .first : .rebuild, source: source, span: span)
        }
    }

    static func strip(
        _ history: [Change], lastSucceeded days: Double = 0, axis: StripAxis? = nil
    ) -> Strip {
        Strip(
            history: history, firstSeenAt: history.first?.observedAt, lastSucceededAt: ago(days),
            trackedSince: now, now: now, axis: axis ?? .year(to: now))
    }

    /// On a phone there is a third of the room, and still each name has some around it.
    @Test(arguments: [30.0, 60, 99, 120, 365, 500, 700, 1_500, 2_000, 3_000, 4_500, 7_300, 15_000, 21_000])
    func namesOfTimesDoNotTouch(days: Double) {
        for width in [312.0, 720, 1_040, 1_600] {
            let now = TestSite.now
            let axis = StripAxis(from: now.advanced(bySeconds: -days * 86_400), to: now, width: width)
            func closest(_ ticks: [StripAxis.Tick], on pixels: Double) -> Double {
                let places = ticks.filter { $0.label != nil }.map { $0.percent / 100 * pixels }
                return zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? .infinity
            }
            #expect(closest(axis.ticks, on: width) > 42)
            #expect(closest(axis.ticks.filter { !$0.isMinor }, on: min(width, 340)) > 42, "\(days) \(width)")
            #expect(!axis.ticks.isEmpty)
        }
    }

    private func kinds(_ strip: Strip) -> [Strip.Stretch.Kind] { strip.stretches.map(\.kind) }

    @Test func eachUpdateIsAMark() throws {
        let strip = Self.strip(try Self.history([200, 150, 90, 30]))
        #expect(strip.marks.map(\.count) == [1, 1, 1] && strip.updates == 3 && strip.others == 0)
        #expect(strip.marks.allSatisfy { $0.isUpdate && $0.isOwn })
        #expect(kinds(strip) == [.unobserved, .watched])
        #expect(strip.marks.first?.label == "Update, 21 Jun 2026")
        #expect(
            strip.summary == "3 updates from 19 Nov 2025 to 18 Nov 2026. Nobody looked from 19 Nov 2025 to 2 May 2026.")
    }

    @Test func whatIsCloserThanAMarkIsOne() throws {
        let strip = Self.strip(try Self.history([200, 30, 29, 28, 27, 10]))
        #expect(strip.marks.map(\.count) == [4, 1])
        #expect(strip.marks.first?.label == "4 updates, 19 to 22 Oct 2026")
    }

    @Test func fiveThousandChangesAreFewMarks() throws {
        let history = try Self.history((0..<5_000).map { Double(5_000 - $0) * 0.4 })
        for axis in [StripAxis.year(to: Self.now), .history(from: Self.ago(2_000), to: Self.now, width: 1_600)] {
            let strip = Self.strip(history, axis: axis)
            #expect(strip.marks.map(\.count).reduce(0, +) == strip.updates && strip.updates > 800)
            #expect(strip.marks.count < 100)
            let drawing = StripDrawing(history: strip, id: "x", title: "t")
            #expect(drawing.svg.utf8.count < 40_000 && strip.rows.count < 110)
        }
    }

    @Test func whateverTheHistoryADrawingIsBounded() throws {
        // The worst: each sort of mark, as far apart as marks must be, in a history full of gaps.
        let kinds: [ChangeKind] = [.rebuild, .metadata, .rebuild, .noop, .missing, .returned]
        let history = try (0..<5_000).map { index in
            try Self.change(
                index, Double(5_000 - index) * 3.7, kind: index == 0 ? .first : kinds[index % 6],
                source: Source.allCases[index % 5], span: 3.6)
        }
        let strip = Self.strip(history, axis: .history(from: Self.ago(20_000), to: Self.now, width: 1_600))
        #expect(strip.marks.count < 2_200 && strip.stretches.count < 5_100)
        #expect(StripDrawing(history: strip, id: "x", title: "t").svg.utf8.count < 400_000)
    }

    @Test(arguments: [Source.registry, .sibling, .metadata, .imported])
    func whatWeDidNotSeeIsOutlined(source: Source) throws {
        let strip = Self.strip(try Self.history([300, 200, 100], source: source) + [Self.change(3, 50)])
        #expect(strip.marks.map(\.isOwn) == [false, false, true] && strip.toldUpdates == 2)
        #expect(kinds(strip) == [.unobserved, .told, .watched])
        #expect(strip.summary.contains("2 of them were not seen by our own checks."))
        let svg = StripDrawing(row: strip, id: "x", title: "t").svg
        #expect(svg.contains("<g fill=\"var(--surface,#fff)\" stroke=\"var(--accent,#0e6b64)\""))
        #expect(strip.rows.filter { $0.what == "update" }.map(\.source).first == "our checks")
        #expect(strip.rows.filter { $0.what == "update" }.map(\.source).last == strip.marks.first?.told)
    }

    @Test func aSpanWithoutALookIsHatchedUnlessThePushIsKnown() throws {
        let wide = Self.strip(try Self.history([200, 100], span: 20))
        #expect(kinds(wide) == [.unobserved, .watched, .unobserved])
        #expect(wide.marks.first?.label == "Update, between 21 Jul and 10 Aug 2026")
        let known = Self.strip([
            try Self.change(0, 200, kind: .first), try Self.change(1, 100, span: 20, isPushKnown: true),
        ])
        #expect(kinds(known) == [.unobserved, .watched])
        #expect(known.marks.first?.label == "Update, 31 Jul 2026")
    }

    @Test func timeSinceTheLastSuccessIsHatched() throws {
        let strip = Self.strip(try Self.history([200, 100]), lastSucceeded: 40)
        #expect(kinds(strip) == [.unobserved, .watched, .unobserved])
        #expect(kinds(Self.strip(try Self.history([200, 100]), lastSucceeded: 0.5)) == [.unobserved, .watched])
    }

    @Test func missingTimesAreShown() throws {
        let history = try [
            Self.change(0, 300, kind: .first), Self.change(1, 200, kind: .missing),
            Self.change(0, 150, kind: .returned),
            Self.change(1, 100), Self.change(2, 10, kind: .missing),
        ]
        let strip = Self.strip(history)
        #expect(
            strip.stretches.filter { $0.kind == .missing }.map(\.label) == [
                "Missing in the registry from 2 May to 21 Jun 2026", "Missing in the registry from 8 to 18 Nov 2026",
            ])
        #expect(strip.summary.hasSuffix("Missing in the registry 2 times."))
        #expect(strip.rows.map(\.what) == ["missing", "update", "missing", "first seen", "nobody looked"])
    }

    /// Checks that find nothing new leave no row.
    @Test func whatNeverChangedSinceWeLookWasWatched() throws {
        let history = try Self.history([300, 250], source: .imported)
        let strip = Strip(
            history: history, firstSeenAt: Self.ago(300), lastSucceededAt: Self.now, trackedSince: Self.ago(200),
            now: Self.now, axis: .year(to: Self.now))
        #expect(kinds(strip) == [.unobserved, .told, .watched])
        #expect(strip.stretches.last?.start == Self.ago(200))
    }

    @Test func aTagThatWasNeverSeen() {
        let strip = Strip(
            history: [], firstSeenAt: nil, lastSucceededAt: nil, trackedSince: Self.now, now: Self.now,
            axis: .history(from: nil, to: Self.now))
        #expect(kinds(strip) == [.unobserved] && strip.marks.isEmpty && strip.rows.count == 1)
    }

    @Test func marksThatAreNoUpdates() throws {
        let history = try [
            Self.change(0, 300, kind: .first), Self.change(1, 200, kind: .metadata), Self.change(2, 150, kind: .noop),
            Self.change(3, 100),
        ]
        let strip = Self.strip(history)
        #expect(strip.marks.map(\.isUpdate) == [false, false, true])
        #expect(strip.summary.hasPrefix("1 update and 2 other changes from"))
    }

    @Test(arguments: [
        ("a < b & \"c\"", "x"), ("<script>alert(1)</script>\u{0}\u{1b}\u{ffff}", "a\"><script>"), ("", ""),
    ])
    func everythingIsEscapedAndWellFormed(title: String, id: String) throws {
        let strips = try [[Double](), [3], [300, 20], [300, 200, 199, 100]].map { Self.strip(try Self.history($0)) }
        for strip in strips {
            let drawings = [
                StripDrawing(row: strip, id: id, title: title), StripDrawing(history: strip, id: id, title: title),
                StripDrawing(compare: [(title, strip), (title, strip)], id: id, title: title),
            ]
            for svg in drawings.flatMap({ [$0.svg, $0.document] }) + [StripDrawing.axis(strip.axis)] {
                #expect(XMLParser(data: Data(svg.utf8)).parse())
                #expect(!svg.contains("<script") && !svg.contains("style="))
            }
            #expect(drawings[0].svg.contains("role=\"img\"") && drawings[0].svg.contains("<desc"))
            // A page's policy allows no style within it; a document of its own needs one for the dark.
            #expect(!drawings[1].svg.contains("<style>") && drawings[1].document.contains("prefers-color-scheme:dark"))
        }
    }

    @Test func pushesOfTwoDatesAreTwoMarksInTheHistory() throws {
        let marks = HistoryMark.all(in: CountedRows(try Self.history([10, 9, 8.9, 5]), firstSeenAt: nil))
        #expect(marks.map(\.changes) == [2, 1] && marks.map(\.outcome) == [.update, .update])
        #expect(HistoryMark.all(in: CountedRows([], firstSeenAt: nil)).isEmpty)
    }
}

@Suite struct StripAxisTests {
    @Test(arguments: [
        (30.0, 720.0, 5), (60, 720, 9), (200, 720, 7), (364, 312, 6), (364, 720, 12), (1_100, 720, 12),
        (4_000, 720, 11),
        (20_000, 720, 11), (364, 280, 6),
    ])
    func labelsHaveRoom(days: Double, width: Double, count: Int) {
        let axis = StripAxis(from: StripTests.ago(days), to: StripTests.now, width: width)
        let places = axis.ticks.filter { $0.label != nil }.map { $0.percent / 100 * axis.width }
        #expect(abs(places.count - count) <= 1, "\(places.count)")
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 40 })
        #expect(places.allSatisfy { $0 >= 0 && $0 <= axis.width })
    }

    @Test func namesOfMonthsAndYears() {
        #expect(
            StripAxis.year(to: StripTests.now).ticks.compactMap(\.label) == ["2026", "Mar", "May", "Jul", "Sep", "Nov"])
    }

    @Test(arguments: [Timestamp(seconds: .min), Timestamp(seconds: 0), Timestamp(seconds: .max)])
    func anyTime(first: Timestamp) {
        for width in [-1, 0, .infinity, .nan, 1e9] {
            let axis = StripAxis.history(from: first, to: StripTests.now, width: width)
            #expect(axis.ticks.count <= 100 && StripAxis.widths.contains(axis.width))
        }
    }

    @Test func aDayIsWhatAWrittenTimeSays() throws {
        for days in stride(from: -800_000.0, to: 2_000_000, by: 97.37) {
            let time = Timestamp(seconds: 0).advanced(bySeconds: days * 86_400)
            let (day, text) = (CivilDay(time), time.description)
            guard text.hasPrefix("1") || text.hasPrefix("2") else { continue }
            #expect(Int(text.prefix(4)) == day.year && Int(text.dropFirst(5).prefix(2)) == day.month)
            #expect(Int(text.dropFirst(8).prefix(2)) == day.day)
        }
    }

    @Test func dates() {
        func said(_ first: Double, _ last: Double) -> String {
            Words.dates(StripTests.ago(first), StripTests.ago(last), joint: "to")
        }
        #expect(said(0, 0) == "18 Nov 2026" && said(2, 0) == "16 to 18 Nov 2026")
        #expect(said(30, 0) == "19 Oct to 18 Nov 2026" && said(400, 0) == "14 Oct 2025 to 18 Nov 2026")
    }
}
