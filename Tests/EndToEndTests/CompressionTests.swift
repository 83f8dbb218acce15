import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subprocess
import TestSupport
import Testing

/// The built server and clients that others wrote.
@Suite struct CompressionTests {
    @Test func clientsReadTheSameCompressed() async throws {
        let folder = try TemporaryFolder()
        let site = try await PageSamples.start(in: folder)
        // Hands on what came; the shared one decompresses it as a browser would.
        let bare = HTTPClient(configuration: .init(decompression: .disabled))
        for path in ["/docs", "/history/127.0.0.1:9/library/changes:5000.csv"] {
            let plain = try await bare.body(site.address + path, accepting: nil)
            let small = try await bare.body(site.address + path, accepting: "gzip")
            #expect(Array(small.readableBytesView.prefix(2)) == [0x1f, 0x8b])
            #expect(small.readableBytes * 4 < plain.readableBytes)
            let text = String(buffer: plain)
            #expect(try await site.get(path).text == text)
            #expect(try await curl("--fail", "--compressed", site.address + path) == text)
            for refusal in ["gzip;q=0", "identity"] {
                #expect(try await bare.body(site.address + path, accepting: refusal) == plain)
            }
        }
        // One connection for all: nothing follows an answer that has no body.
        let heads = try await curl(
            "--head", "--compressed", site.address + "/nothing", site.address + "/docs", site.address + "/checks/python"
        )
        #expect(heads.components(separatedBy: "HTTP/1.1 ").count == 4 && !heads.contains("<"), "\(heads)")
        // Who hangs up in the middle harms nobody.
        for _ in 0..<20 {
            var request = HTTPClientRequest(url: site.address + "/history/127.0.0.1:9/library/changes:5000.csv")
            request.headers.add(name: "Accept-Encoding", value: "gzip")
            for try await _ in try await bare.execute(request, timeout: .seconds(30)).body { break }
        }
        try await bare.shutdown()
        #expect(try await site.get("/healthz").status == 200)
        #expect(await site.stop() == 0)
    }

    private func curl(_ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .name("curl"), arguments: Arguments(["--silent", "--show-error"] + arguments),
            output: .string(limit: 1 << 24), error: .string(limit: 1 << 16))
        #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput
    }
}

extension HTTPClient {
    /// As it comes over the wire, after a look at its length. A long history is sent while it is read.
    fileprivate func body(_ address: String, accepting coding: String?) async throws -> ByteBuffer {
        var request = HTTPClientRequest(url: address)
        if let coding { request.headers.add(name: "Accept-Encoding", value: coding) }
        let answer = try await execute(request, timeout: .seconds(30))
        let body = try await answer.body.collect(upTo: 1 << 24)
        #expect(answer.headers.first(name: "Content-Encoding") == (coding == "gzip" ? "gzip" : nil))
        let length = address.contains("/history/") ? nil : String(body.readableBytes)
        #expect(answer.headers.first(name: "Content-Length") == length)
        return body
    }
}
