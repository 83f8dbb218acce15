import Foundation
import OCI
import TagHistory
import Testing

@testable import Web

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct BadgeTests {
    private static let now = Timestamp(seconds: 1_790_000_000)

    private static func digest(_ number: Int) throws -> Digest {
        try Digest(bytes: Array(repeating: UInt8(number), count: 32))
    }

    /// A tag that was pushed every `every` days.
    private func statistics(_ count: Int, every days: Double) throws -> Statistics {
        let history = try (0...count).map { index in
            let daysAgo = Double(count - index) * days
            return Change(
                digest: try Self.digest(index), previousDigest: index == 0 ? nil : try Self.digest(index - 1),
                kind: index == 0 ? .first : .rebuild, source: .observed,
                observedAt: Self.now.advanced(bySeconds: -daysAgo * 86_400 - 60))
        }
        return Statistics(
            changes: history, firstSeenAt: history.first?.observedAt, lastSucceededAt: Self.now, asOf: Self.now)
    }

    /// As Pillow measures them with the font itself, at 1,100 px.
    @Test(arguments: [
        ("", 0.0), ("rebuilt", 35.67), ("weekly", 38.48), ("iiii", 12.24), ("WWWW", 43.52), ("é", 6.77),
        ("12,345", 38.5),
        ("last change", 63.82), ("Łódź – “x”…", 67.07),
    ])
    func widths(text: String, width: Double) {
        #expect(abs(BadgeText.width(text) - width) < 0.05, "\(BadgeText.width(text))")
    }

    @Test func aBadgeIsAsWideAsItsTexts() {
        let short = BadgeDrawing(label: "rebuilt", message: "daily", tone: .known)
        let long = BadgeDrawing(label: "rebuilt", message: "every two months", tone: .known)
        #expect(width(of: short) < width(of: long))
        #expect(abs(width(of: short) - Int(BadgeText.width("rebuiltdaily").rounded()) - 24) <= 2)
    }

    private func width(of badge: BadgeDrawing) -> Int {
        badge.svg.firstMatch(of: /width="([0-9]+)"/).flatMap { Int($0.output.1) } ?? 0
    }

    @Test(arguments: [
        ("a < b & \"c\"", "'<script>alert(1)</script>'"), ("", ""), ("\u{0}\u{1b}[31m", "\u{202e}x\u{ffff}"),
        (String(repeating: "x", count: 9_000), String(repeating: "家", count: 9_000)), ("é😀", "ﷺ"),
    ])
    func anyTextIsHarmless(label: String, message: String) {
        for tone in BadgeDrawing.Tone.allCases {
            let svg = BadgeDrawing(label: label, message: message, tone: tone).svg
            #expect(XMLParser(data: Data(svg.utf8)).parse())
            #expect(!svg.contains("<script") && !svg.contains("style="))
            #expect(svg.contains("role=\"img\"") && svg.contains("aria-label="))
            #expect(svg.utf8.count < 4_000)
        }
    }

    /// WCAG 2.1, 1.4.3.
    @Test(arguments: BadgeDrawing.Tone.allCases)
    func whiteTextIsReadable(tone: BadgeDrawing.Tone) {
        let channels = stride(from: 1, to: 7, by: 2).map { offset in
            let start = tone.color.index(tone.color.startIndex, offsetBy: offset)
            let value = Double(Int(tone.color[start...].prefix(2), radix: 16) ?? 255) / 255
            return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        let luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
        #expect(1.05 / (luminance + 0.05) >= 4.5)
    }

    @Test(arguments: [
        (1.0, 60, "daily"), (7, 50, "weekly"), (30, 20, "monthly"), (7, 2, "weekly, so far"),
        (200, 0, "not yet"),
    ])
    func frequencyComesInAWord(days: Double, count: Int, message: String) throws {
        let badge = TagBadge.frequency.drawing(
            .active, statistics: try statistics(count, every: days), lastChangedAt: nil, now: Self.now)
        #expect(badge.label == "rebuilt" && badge.message == message)
    }

    @Test func theOthers() throws {
        let known = try statistics(57, every: 7)
        let time = Self.now.advanced(bySeconds: -3 * 86_400)
        func say(_ badge: TagBadge, _ standing: TagBadge.Standing, _ statistics: Statistics?) -> String {
            let drawing = badge.drawing(standing, statistics: statistics, lastChangedAt: time, now: Self.now)
            return "\(drawing.label) | \(drawing.message) | \(drawing.tone.rawValue)"
        }
        #expect(say(.lastChange, .active, known) == "last change | 3 days ago | known")
        #expect(say(.changes, .active, known) == "changes | 57 | known")
        #expect(say(.frequency, .failing, known) == "rebuilt | weekly (checks fail) | warning")
        #expect(say(.frequency, .retired, known) == "rebuilt | weekly (not watched) | unknown")
        #expect(say(.frequency, .missing, known) == "rebuilt | missing | gone")
        #expect(say(.frequency, .missing, nil) == "rebuilt | missing | gone")
        #expect(say(.frequency, .pending, nil) == "rebuilt | pending | unknown")
        #expect(say(.frequency, .failing, nil) == "rebuilt | checks fail | warning")
        #expect(say(.changes, .unknown, nil) == "changes | unknown | unknown")
    }

    @Test func theAddressesNames() {
        #expect(TagBadge.allCases.map(\.rawValue) == ["frequency", "last-change", "changes"])
    }
}
