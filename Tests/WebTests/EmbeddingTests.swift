import HTTPTypes
import OCI
import Store
import TagHistory
import Testing

@testable import Web

/// Badges, feeds, charts, and the answers for pipelines.
@Suite struct EmbeddingTests {
    @Test(arguments: ["frequency", "last-change", "changes"]) func badges(kind: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 3)])
            let known = try await site.get("/badges/\(kind)/docker.io/library/python:3.12.svg")
            #expect(known.status == 200)
            #expect(known.headers[.contentType] == "image/svg+xml; charset=utf-8")
            #expect(known.text.hasPrefix("<svg"))
            #expect(try await site.get("/badges/\(kind)/nobody/watches:this.svg").text.contains("unknown"))
            #expect(try await site.get("/badges/\(kind)/python:-x.svg").status == 422)
        }
    }

    @Test func feedsAndCharts() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 3)])
            let feed = try await site.get("/feeds/docker.io/library/python:3.12.atom")
            #expect(feed.status == 200)
            #expect(feed.headers[.contentType] == "application/atom+xml; charset=utf-8")
            #expect(feed.text.ranges(of: "<entry>").count == 3)
            #expect(feed.headers[.vary]?.contains("X-Forwarded-Host") == true)
            let chart = try await site.get("/charts/docker.io/library/python:3.12.svg")
            #expect(chart.status == 200)
            #expect(chart.headers[.contentSecurityPolicy] == "default-src 'none'; style-src 'unsafe-inline'")
            #expect(try await site.get("/charts/docker.io/library/python:3.12.svg?width=280").status == 200)
            for width in ["279", "1601", "wide", "nan"] {
                #expect(try await site.get("/charts/docker.io/library/python:3.12.svg?width=\(width)").status == 400)
            }
            #expect(try await site.get("/favicon.ico").headers[.contentType] == "image/svg+xml")
            #expect(try await site.get("/feeds/docker.io/library/python:9.atom").status == 404)
            #expect(try await site.get("/badges/grade/docker.io/library/python:3.12.svg").status == 404)
        }
    }

    @Test func theSettledDigestIsTheNewestThatWasBorneLongEnough() async throws {
        try await TestSite.run(hasWorker: false) { site in
            // The newest was seen for two days, the one before was borne for more than a week.
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (5, 3), (3, 3)])
            let path = "/api/v1/settled/docker.io/library/python:3.12"
            let settled = try await site.get(path)
            #expect(settled.json["digest"] as? String == Digest.numbered(2).description)
            #expect(settled.json["updatesBehind"] as? Int == 1)
            let young = try await site.get(path + "?minAgeDays=1")
            #expect(young.json["digest"] as? String == Digest.numbered(3).description)
            #expect(try await site.get(path + "?minAgeDays=3000").status == 404)
            #expect(try await site.get(path + "?minAgeDays=soon").status == 400)
        }
    }

    @Test func whoBearsADigest() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (5, 3)])
            let answer = try await site.get("/api/v1/digests/\(Digest.numbered(1))")
            let items = try #require(answer.json["items"] as? [[String: Any]])
            #expect(items.count == 1)
            #expect(try items[0]["reference"] as? String == TestSite.python.description)
            #expect(items[0]["updatesBehind"] as? Int == 2)
            #expect(items[0]["until"] as? String != nil)
            #expect(try await site.get("/api/v1/digests/\(Digest.numbered(99))").status == 404)
            #expect(try await site.get("/api/v1/digests/sha256:abc").status == 422)
        }
    }

    @Test func comparing() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (5, 3)])
            let node = try TagReference(parsing: "node:22")
            try await site.seed(node, [(30, 4), (3, 5)])
            let answer = try await site.get("/api/v1/compare?image=python:3.12&image=node:22")
            let items = try #require(answer.json["items"] as? [[String: Any]])
            let names = items.compactMap { $0["reference"] as? String }
            #expect(try names == [TestSite.python.description, node.description])
            #expect(items.allSatisfy { $0["statistics"] != nil })
            let images = "/api/v1/compare?image=python:3.12&image=node:22"
            let then = TestSite.now.advanced(bySeconds: -10 * 86_400)
            let past = try await site.get("\(images)&at=\(then)").items.map { $0["statistics"] as? [String: Any] }
            #expect(past.map { $0?["changes"] as? Int } == [1, 0])
            #expect(past.map { $0?["asOf"] as? String } == [then.description, then.description])
            #expect(try await site.get("\(images)&at=then").status == 400)
            let page = try await site.get("/compare?image=python:3.12&image=node:22&at=\(then)").text
            #expect(page.contains("As of \(Words.time(then))"))
            let tag = try await site.get("/tags/python:3.12?at=\(then)").text
            #expect(tag.contains("As of \(Words.time(then))") && tag.contains(Digest.numbered(2).description))
            #expect(!tag.contains(Digest.numbered(3).description))
            #expect(try await site.get("/api/v1/compare?image=python:3.12").status == 422)
            #expect(try await site.get("/api/v1/compare?image=python:3.12&image=node:9").status == 404)
            #expect(try await site.get("/api/v1/compare?image=python:3.12&image=python:-x").status == 422)
        }
    }
}
