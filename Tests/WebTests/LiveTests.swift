import HTTPTypes
import HummingbirdTesting
import OCI
import Store
import Testing

@testable import Web

/// Over a real socket.
@Suite struct LiveTests {
    @Test func aBodyOfTenMegabytesIs413() async throws {
        try await TestSite.run(.live, hasWorker: false) { site in
            let body = String(repeating: "a", count: 10_000_000)
            let status = try? await site.send(.post, "/api/v1/tags", body: body).status
            // The server may close the connection before the client has sent everything.
            #expect(status == 413 || status == nil)
        }
        try await TestSite.run(.live, hasWorker: false) { site in
            let health = try await site.get("/healthz")
            #expect(health.status == 200)
        }
    }

    @Test func pagesComeOverTheWire() async throws {
        try await TestSite.run(.live) { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            #expect(try await site.track("python:3.12").status == 201)
            let page = try await site.get("/tags/docker.io/library/python:3.12")
            #expect(page.status == 200)
            #expect(page.text.hasSuffix("</html>\n"))
            #expect(try await site.get("/tags/" + String(repeating: "a", count: 20_000)).status == 422)
        }
    }
}
