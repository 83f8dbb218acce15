import Foundation
import HTTPTypes
import Hummingbird
import OCI
import Store
import Testing

@testable import Web

@Suite struct RecentAnswersTests {
    /// Until the site hears signals and keeps answers, has its status, and nothing is on its way any more.
    private func keeping(_ site: TestSite) async throws {
        var heard: Int?
        repeat {
            heard = site.store.heardSignals
            try await Task.sleep(for: .milliseconds(500))
        } while heard == nil || site.store.heardSignals != heard
        // The overview goes without the status where that is not at hand at once, and is another page then.
        #expect(try await site.get("/status").status == 200)
    }

    @Test func whatManyAskIsMadeOnce() async throws {
        try await TestSite.run(settings: { $0.answersLast = .seconds(600) }) { site in
            let tag = try TestSite.python
            try await site.seed(tag, [(90, 1), (60, 2), (30, 3)])
            try await keeping(site)
            for path in ["/", "/tags/\(tag)", "/api/v1/tags/\(tag)", "/api/v1/histogram/\(tag)"] {
                let first = try await site.get(path)
                #expect(first.status == 200)
                let name = try #require(first.headers[.eTag])
                for headers: HTTPFields in [[:], [.acceptEncoding: "gzip"]] {
                    let again = try await site.get(path, headers: headers)
                    #expect(again.status == 200)
                    #expect(again.headers[.eTag] == name)
                    let isSmall = first.text.utf8.count < ContentCoding.least
                    #expect(again.headers[.contentEncoding] == (headers.isEmpty || isSmall ? nil : "gzip"))
                }
                let known = try await site.get(path, headers: [.ifNoneMatch: name])
                #expect(known.status == 304)
                #expect(known.text.isEmpty)
                #expect(known.headers[.eTag] == name)
                #expect(known.headers[.cacheControl] == first.headers[.cacheControl])
                let head = try await site.send(.head, path)
                #expect(head.status == 200)
                #expect(head.text.isEmpty)
                #expect(head.headers[.contentLength] == first.headers[.contentLength])
            }
        }
    }

    @Test func whatIsNewIsSeenAtOnce() async throws {
        try await TestSite.run(settings: { $0.answersLast = .seconds(600) }) { site in
            let tag = try TestSite.python
            try await site.seed(tag, [(90, 1)])
            try await keeping(site)
            let path = "/api/v1/tags/\(tag)"
            let before = try await site.get(path).json["digest"] as? String
            // Another process tells of it.
            try await site.seed(tag, [(30, 3)])
            for _ in 0..<400 where try await site.get(path).json["digest"] as? String == before {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await site.get(path).json["digest"] as? String == Digest.numbered(3).description)
            // What is written here needs nobody to tell of it.
            #expect(try await site.get(path).json["state"] as? String == "active")
            #expect(try await site.send(.delete, path, headers: .admin).status == 204)
            #expect(try await site.get("/api/v1/tags?state=untracked").items.count == 1)
        }
    }

    @Test func whatIsOneClientsOwnIsNotKept() throws {
        func key(_ path: String, _ method: HTTPRequest.Method = .get, _ headers: HTTPFields = [:]) -> RecentAnswers.Key?
        {
            let head = HTTPRequest(
                method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers)
            return .init(Request(head: head, body: .init(buffer: .init())), origin: "http://localhost")
        }
        #expect(key("/tags/python:3.12") != nil)
        #expect(key("/tags/python:3.12") == key("/tags/python:3.12", .head))
        #expect(key("/tags/python:3.12") != key("/tags/python:3.13"))
        #expect(key("/?query=a") != key("/?query=b"))
        #expect(key("/") != key("/", .get, [.acceptEncoding: "gzip"]))
        #expect(key("/", .get, [.authorization: "Bearer x"]) == nil)
        #expect(key("/tags/python:3.12?offered=3.*") == nil)
        for path in ["/status", "/metrics", "/healthz", "/readyz", "/api/v1/status", "/history/python:3.12.csv"] {
            #expect(key(path) == nil, "\(path)")
        }
        #expect(key("/tags/python:3.12", .post) == nil)
    }
}
