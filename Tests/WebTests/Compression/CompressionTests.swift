import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import OCI
import Testing

@testable import Web

@Suite struct CompressionTests {
    @Test(arguments: [
        ("gzip", true), ("gzip, deflate, br, zstd", true), ("br;q=1.0, GZIP;q=0.8, *;q=0.1", true), ("x-gzip", true),
        ("*", true), ("gzip ; q=0.5", true), ("", false), ("identity", false), ("br", false), ("gzip;q=0", false),
        ("gzip;q=0.000, *", false), ("*;q=0", false), ("identity, gzip;q=0.5", false), ("gzip;q=nonsense", false),
        ("gzip;q=0.5, identity;q=0.2", true), (",,;q=1,", false), ("gzipped", false),
    ])
    func whoTakesGzipSaysSo(accepted: String, takes: Bool) {
        #expect(ContentCoding.takesGzip([.acceptEncoding: accepted]) == takes)
    }

    @Test(arguments: [
        ("text/html; charset=utf-8", true), ("application/problem+json", true), ("application/x-ndjson", true),
        ("application/atom+xml; charset=utf-8", true), ("image/svg+xml", true), ("image/png", false),
        ("application/gzip", false),
    ])
    func textIsCompressed(type: String, isText: Bool) { #expect(ContentCoding.isText(type) == isText) }

    @Test func everyKindOfAnswerIsTheSameGzipped() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, (0..<40).map { (Double(80 - $0), $0) })
            let path = TestSite.examplePath
            // The first screen shows it as soon as it is known.
            _ = try await site.get("/status")
            for address in [
                "/", "/tags/\(path)", "/repositories/python", "/compare?image=\(path)&image=python", "/status", "/docs",
                "/nothing", "/api/v1/tags", "/api/v1/tags/\(path)", "/api/v1/changes", "/api/v1/openapi.json",
                "/assets/tagbeat.css", "/assets/tagbeat.js", "/charts/\(path).svg", "/feeds/\(path).atom",
                "/feeds/repositories/docker.io/library/python.atom", "/history/\(path).csv",
                "/history/\(path).ndjson", "/metrics",
            ] {
                let plain = try await site.raw(.get, address)
                #expect(
                    plain.headers[.contentEncoding] == nil && plain.headers[.vary]?.hasPrefix("Accept-Encoding") == true
                )
                let small = try await site.raw(.get, address, headers: [.acceptEncoding: "gzip"])
                #expect(small.headers[.contentEncoding] == "gzip", "\(address)")
                #expect(small.headers[.vary]?.hasPrefix("Accept-Encoding") == true)
                #expect(small.headers[.eTag] == plain.headers[.eTag], "\(address)")
                #expect(small.body.readableBytes * 5 < plain.body.readableBytes * 4, "\(address)")
                #expect(small.headers[.contentLength] == String(small.body.readableBytes))
                // How many requests were answered grows from one to the next.
                let text = gunzipped(small.body)
                #expect(address == "/metrics" ? text != nil : text == String(buffer: plain.body), "\(address)")
                let head = try await site.raw(.head, address, headers: [.acceptEncoding: "gzip"])
                #expect(head.body.readableBytes == 0 && head.headers[.contentEncoding] == "gzip")
                let isSame = head.headers[.contentLength] == small.headers[.contentLength]
                #expect(address == "/metrics" || isSame, "\(address)")
                if let tag = small.headers[.eTag] {
                    #expect(tag.hasPrefix("W/"))
                    let known = try await site.raw(
                        .get, address, headers: [.acceptEncoding: "gzip", .ifNoneMatch: tag])
                    #expect(known.status == .notModified && known.body.readableBytes == 0)
                    #expect(
                        known.headers[.vary]?.hasPrefix("Accept-Encoding") == true
                            && known.headers[.contentEncoding] == nil)
                }
            }
            for address in ["/healthz", "/badges/frequency/\(path).svg", "/api/v1/tags/nothing"] {
                let answer = try await site.raw(.get, address, headers: [.acceptEncoding: "gzip"])
                #expect(answer.headers[.contentEncoding] == nil, "\(address)")
            }
        }
    }

    /// A hundred megabytes go through in pieces, the first before the last is made.
    @Test func aStreamStaysAStream() async throws {
        let (part, count) = (ByteBuffer(string: String(repeating: "0123456789abcdef", count: 4_096)), 1_600)
        let made = Counter()
        let streamed = Response(
            status: .ok, headers: [.contentType: "text/csv"],
            body: ResponseBody { writer in
                for _ in 0..<count {
                    made.value += 1
                    try await writer.write(part)
                }
                try await writer.finish(nil)
            })
        let request = Request(
            head: .init(
                method: .get, scheme: "http", authority: "a", path: "/", headerFields: [.acceptEncoding: "gzip"]),
            body: .init(buffer: ByteBuffer()))
        let answer = try await streamed.compressed(for: request)
        #expect(answer.body.contentLength == nil && answer.headers[.contentLength] == nil)
        let pieces = Pieces(made: made)
        try await answer.body.write(pieces)
        #expect(pieces.isFinished && pieces.largest < 70_000 && pieces.madeAtFirst < count / 2)
        #expect(gunzipped(pieces.all)?.utf8.count == part.readableBytes * count)
    }

    private struct Broken: Error {}

    /// The client learns that something is missing: neither the transfer nor the file has an end.
    @Test func whatBreaksOffIsNotTakenForWhole() async throws {
        let router = Router()
        router.get("broken") { request, _ in
            try await Response(
                status: .ok, headers: [.contentType: "text/csv"],
                body: ResponseBody { writer in
                    for line in 0..<100_000 { try await writer.write(ByteBuffer(string: "\(line * 7_919)\r\n")) }
                    throw Broken()
                }
            ).compressed(for: request)
        }
        try await Application(router: router).test(.live) { client in
            _ = await #expect(throws: (any Error).self) {
                _ = try await client.execute(uri: "/broken", method: .get, headers: [.acceptEncoding: "gzip"])
            }
        }
        var file = try GzipStream.file(of: ByteBuffer(string: String(repeating: "text ", count: 1_000)), level: 1)
        #expect(gunzipped(file)?.count == 5_000)
        file.moveWriterIndex(to: file.writerIndex - 1)
        #expect(gunzipped(file) == nil)
    }

    @Test func nothingAndALotAreGzipFiles() throws {
        #expect(try gunzipped(GzipStream.file(of: ByteBuffer(), level: 1)) == "")
        var noise = SystemRandomNumberGenerator()
        let text = (0..<300_000).map { _ in String(noise.next() as UInt64, radix: 36) }.joined()
        #expect(try gunzipped(GzipStream.file(of: ByteBuffer(string: text), level: 1)) == text)
    }
}

private final class Counter: @unchecked Sendable {  // Only one task writes, and reads.
    var value = 0
}

private final class Pieces: ResponseBodyWriter {
    private let made: Counter
    private(set) var all = ByteBuffer()
    private(set) var largest = 0
    private(set) var madeAtFirst = 0
    private(set) var isFinished = false

    init(made: Counter) { self.made = made }

    func write(_ part: ByteBuffer) async throws {
        if all.readableBytes == 0 { madeAtFirst = made.value }
        largest = max(largest, part.readableBytes)
        all.writeImmutableBuffer(part)
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws { isFinished = true }
}

extension TestSite {
    fileprivate func raw(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await client.execute(uri: path, method: method, headers: headers, body: nil)
    }
}
