import Foundation
import OCI
import Store
import TestSupport
import Testing

@testable import Tagbeat

/// The lines of files to import, in each of their forms.
@Suite struct ImportLinesTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    private static func rows(_ text: String, skipInvalid: Bool = false) async throws -> [String] {
        let bytes = Array(text.utf8)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { LineSplitter.Line.success($0) }
        return try await ImportLines(skipInvalid: skipInvalid).parse(lines).map(\.line)
    }

    @Test func csvIsReadAsTheSameLines() async throws {
        let csv = """
            observedAt,image,"digest",source,pushedAt\r
            2026-01-31T12:00:00Z,python:3.12,\(Self.digest),registry,2026-01-31T11:00:00Z\r

            "2026-01-31T13:00:00+01:00","ghcr.io/a/b:1",,,
            """
        let json = """
            {"observedAt":"2026-01-31T12:00:00Z","image":"python:3.12","digest":"\(Self.digest)","source":"registry",\
            "pushedAt":"2026-01-31T11:00:00Z"}
            {"image":"ghcr.io/a/b:1","digest":null,"observedAt":"2026-01-31T12:00:00Z"}
            """
        #expect(try await Self.rows(csv) == Self.rows(json))
        #expect(try await Self.rows(csv).count == 2)
    }

    @Test(arguments: [
        ("image,digest\n", "line 1", "observedAt"), ("image,digest,observedAt,colour\n", "line 1", "colour"),
        ("image,image,digest,observedAt\n", "line 1", "twice"),
        ("observedAt,kind,reverted,source,digest,platforms\n", "line 1", "the column “image” is missing"),
        ("image,digest,observedAt\na,b\n", "line 2", "2 fields"),
        ("image,digest,observedAt\n\"a,b,c\n", "line 2", "quotation"),
        ("image,digest,observedAt\n,,2026-01-31T12:00:00Z\n", "line 2", "image"),
        ("image,digest,observedAt\npython,,yesterday\n", "line 2", "yesterday"),
        ("something else\n", "line 1", "JSON"), ("[]\n", "line 1", "JSON"), ("{\"image\":\n", "line 1", "JSON"),
        ("{}\n", "line 1", "“image” is missing"), ("{\"image\":1}\n", "line 1", "“image” is of the wrong type"),
        ("{\"image\":null,\"digest\":null}\n", "line 1", "“image” is of the wrong type"),
    ])
    func badLinesAreNamed(text: String, line: String, hint: String) async {
        let error = await #expect(throws: Failure.self) { try await Self.rows(text) }
        #expect(error?.description.contains(line) == true && error?.description.contains(hint) == true)
    }

    /// A tag page's own file.
    @Test func aPagesColumnsAreKnown() async throws {
        let csv = """
            image,observedAt,notBefore,pushedAt,kind,reverted,source,digest,previousDigest,mediaType,platforms\r
            python:3.12,2026-01-31T12:00:00Z,,,rebuild,false,observed,\(Self.digest),,,linux/amd64 linux/arm64\r
            """
        let json = """
            {"image":"python:3.12","digest":"\(Self.digest)","observedAt":"2026-01-31T12:00:00Z","source":"observed"}
            """
        #expect(try await Self.rows(csv) == Self.rows(json))
    }

    @Test func badLinesAreLeftOut() async throws {
        let csv = "image,digest,observedAt\npython,,yesterday\npython:3,,2026-01-31T12:00:00Z\n"
        #expect(try await Self.rows(csv, skipInvalid: true).count == 1)
        await #expect(throws: Failure.self) { try await Self.rows("image,colour\n" + csv, skipInvalid: true) }
    }

    /// More than one core's piece: rows and line numbers stay in order.
    @Test func piecesComeTogetherInOrder() async throws {
        let lines = (0..<4_000).map { index in
            index == 3_210
                ? "nonsense"
                : "{\"image\":\"a/b:\(index)\",\"digest\":null,\"observedAt\":\"2026-01-31T12:00:00Z\"}"
        }
        let text = lines.joined(separator: "\n")
        let read = try await Self.rows(text, skipInvalid: true)
        #expect(read.count == 3_999 && read[3_209].contains("a/b:3209") && read[3_210].contains("a/b:3211"))
        let error = await #expect(throws: Failure.self) { try await Self.rows(text) }
        #expect(error?.description.contains("line 3211") == true)
    }

    /// What is read without a decoder is what the decoder reads.
    @Test(arguments: [
        "{}", "{\"a\":\"b\"}", " { \"a\" : null , \"b\" : \"c\" } ", "{\"a\":\"\"}", "{\"a\":\"b\",\"a\":\"c\"}",
        "{\"a\":1}", "{\"a\":\"\\u0041\"}", "{\"a\":\"ä\"}", "{\"a\":\"b\"", "{\"a\":\"b\"}x", "{\"a\":\"b\",}", "{,}",
        "[]", "", "{\"a\":nullx}", "{\"a\":{}}", "{\"a\":true}", "{\"a\" \"b\"}", "{\"a\":\"b\u{7F}\"}",
    ])
    func plainObjects(text: String) {
        let decoded = try? JSONDecoder().decode([String: String?].self, from: Data(text.utf8))
        guard let object = PlainObject(Array(text.utf8)[...]) else { return }
        #expect(decoded?.count == object.members.count)
        for (name, value) in object.members { #expect(decoded?[name] == .some(value)) }
    }

    @Test func plainLinesArePlain() {
        #expect(PlainObject(Array("{\"a\":\"b\", \"c\":null}".utf8)[...])?["a"] == "b")
        for text in ["{\"a\":\"\\u0041\"}", "{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":1}", "{\"a\":\"b\"}{"] {
            #expect(PlainObject(Array(text.utf8)[...]) == nil)
        }
    }
}
