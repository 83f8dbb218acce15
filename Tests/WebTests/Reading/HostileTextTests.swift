import Testing

@testable import Web

/// Texts made to be expensive, or to be none.
@Suite struct HostileTextTests {
    static let bomb: String = {
        var text = "a0: &a0 {image: python}\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "]\n"
        }
        return text
    }()

    private static func filling(_ unit: String) -> String {
        String(repeating: unit, count: (PastedImages.maximumBytes - 20) / unit.utf8.count)
    }

    private static let yamls = Hostile.all([
        bomb + "services: {web: *a20}\n",
        bomb + "? *a20\n: x\n",
        bomb + "*a20 : x\n",
        bomb + "{[*a20]: x}\n",
        bomb.replacing("[", with: "{? [").replacing("]", with: "] : 1}"),
        "a: &a\n  <<: *a\n  image: python\n",
        "a: &a [*a]\n",
        filling("["), filling("{"), filling("- "), filling("? "), filling("- [ "), filling("a: "),
        filling("a:\n"), filling("&a "), filling("*a "), filling("image: *a\n"), filling("- image: python\n"),
        filling("[\n"), filling("- - - -\n"), filling("{a: "), filling("'"), filling("\"\\"), filling("|\n"),
        filling("!!a "), filling("%YAML 1.1\n---\n"), filling("---\nimage: a\n"), filling("<<: *a\n"),
        "image: x\n" + filling("[a, "), "image: x\nb: " + filling("{? "),
        "a: &a {image: b}\n" + "c:\n" + filling(" - {<<: [*a,*a,*a,*a,*a,*a,*a,*a]}\n"),
    ])

    @Test(arguments: yamls)
    func yaml(_ hostile: Hostile) {
        let text = hostile.text
        let start = ContinuousClock.now
        let read = try? PastedImages(text: text.hasPrefix("image") ? text : "image: first\n" + text)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(read.map { $0.images.count <= PastedImages.maximumImages } ?? true)
    }

    @Test func linesThatGrowAreSteps() {
        for depth in [50, 100, 150, 199, 300] {
            let block = (0..<depth).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
            let flow = "a: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            for text in [block, flow, "a:\n" + String(repeating: "- ", count: depth) + "x"] {
                _ = try? PastedImages(text: text)
            }
        }
    }

    private static let dockerfiles = Hostile.all([
        "ARG A=xxxxxxxxxx\n" + String(repeating: "ARG A=$A$A$A\n", count: 60) + "FROM $A\n",
        "FROM " + filling("${A:-"), "FROM " + filling("$"), "FROM a\nRUN " + filling("<<E "), filling("FROM \\\n"),
        filling("FROM a\n"), filling("\\\n"), "FROM a\n" + filling("COPY --from=b x y\n"),
        "FROM a\nRUN " + filling("--mount=from=b "), filling("FROM a AS a\n"), filling("ARG A=$A\n"),
        "FROM " + filling("'"), "FROM \"" + filling("\\"),
    ])

    @Test(arguments: dockerfiles)
    func dockerfile(_ hostile: Hostile) {
        let text = hostile.text
        let start = ContinuousClock.now
        let read = try? PastedImages(text: text)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(read?.images.allSatisfy { $0.text.utf8.count < 2_000 } ?? true)
    }

    @Test func aTextOfTenMegabytesIsRefusedByItsSize() {
        #expect(throws: PastedTextError.tooLong(bytes: 10_000_000)) {
            try PastedImages(Array(repeating: UInt8(ascii: "a"), count: 10_000_000))
        }
        #expect(PastedTextError.tooLong(bytes: 10_000_000).description.contains("10,000,000 bytes; at most 262,144"))
    }

    @Test(
        arguments: [
            ([0x70, 0x0a, 0x00], 2), ([0xff, 0xfe, 0x46, 0x00], 1), ([0x61, 0x0a, 0x62, 0x0a, 0xc3, 0x28], 3),
            ([0x7f, 0x45, 0x4c, 0x46], 1), ([0x1f, 0x8b, 0x08, 0x00], 1),
        ] as [([UInt8], Int)])
    func bytesThatAreNoText(bytes: [UInt8], line: Int) {
        #expect(throws: PastedTextError.binary(line: line)) { try PastedImages(bytes) }
    }

    @Test func tenThousandImagesAreCounted() throws {
        let read = try PastedImages(text: (0..<10_000).map { "image\($0):1\n" }.joined())
        #expect(read.images.count == PastedImages.maximumImages)
        #expect(read.leftOut == 10_000 - PastedImages.maximumImages)
    }

    @Test func whatIsShownIsHarmless() throws {
        let read = try PastedImages(
            text: "py\u{202e}thon \u{1b}[31mred\u{1b}[0m " + String(repeating: "x", count: 5_000))
        for image in read.images {
            #expect(image.text.count < 400)
            #expect(!image.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
        }
        #expect(read.images.allSatisfy { $0.tag == nil })
    }
}

/// A long text that a failure names by its beginning.
struct Hostile: CustomTestStringConvertible, Sendable {
    let text: String

    static func all(_ texts: [String]) -> [Hostile] { texts.map { Hostile(text: $0) } }

    var testDescription: String { "\(text.prefix(30)) … \(text.suffix(10))".debugDescription }
}
