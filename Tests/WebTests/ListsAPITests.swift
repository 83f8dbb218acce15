import HTTPTypes
import OCI
import Store
import Testing

@testable import Web

@Suite struct ListsAPITests {
    @Test func tagsAreFoundSortedAndPaged() async throws {
        try await TestSite.run(hasWorker: false) { site in
            for (number, name) in ["alpine:3", "node:22", "ghcr.io/a/b:1", "python:3.12"].enumerated() {
                let reference = try TagReference(parsing: name)
                try await site.seed(reference, (0...number).map { (Double(20 - $0), $0) })
            }
            let all = try await site.get("/api/v1/tags?limit=3")
            #expect(all.items.count == 3)
            let cursor = try #require(all.json["next"] as? String)
            let rest = try await site.get("/api/v1/tags?limit=3&cursor=" + PercentCoding.encoded(cursor))
            #expect(rest.items.map { $0["reference"] as? String } == ["ghcr.io/a/b:1"])
            #expect(rest.text.contains("\"next\":null"))
            let byChanges = try await site.get("/api/v1/tags?sort=-changes&limit=1").items
            #expect(byChanges.first?["tag"] as? String == "3.12")
            #expect(try await site.get("/api/v1/tags?query=NODE").items.count == 1)
            #expect(try await site.get("/api/v1/tags?query=n%25").items.isEmpty)
            #expect(try await site.get("/api/v1/tags?registry=ghcr.io").items.count == 1)
            #expect(try await site.get("/api/v1/tags?repository=python&unknown=1").items.count == 1)
            #expect(try await site.get("/api/v1/tags?registry=ghcr.io&repository=a/b").items.count == 1)
            #expect(try await site.get("/api/v1/tags?registry=docker.io&repository=library/node").items.count == 1)
            #expect(try await site.get("/api/v1/tags?repository=ghcr.io/a/b").items.count == 1)
            #expect(try await site.get("/api/v1/tags?repository=a/b").items.isEmpty)
            #expect(try await site.get("/api/v1/tags?state=missing").items.isEmpty)
            let other = try await site.get("/api/v1/tags?sort=-name&cursor=" + PercentCoding.encoded(cursor))
            #expect(other.status == 400)
        }
    }

    /// Everywhere alike: rebuilt no more, because a newer version came.
    @Test func whatIsSupersededSaysSo() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let old = try TagReference(parsing: "python:3.12.1")
            for name in [old, try TagReference(parsing: "python:bookworm")] {
                try await site.seed(name, (0..<12).map { (1_000 - Double($0), $0) })
            }
            try await site.seed(try TagReference(parsing: "python:3.12.2"), [(900, 20)])
            func word(_ tag: [String: Any]?) -> String? {
                ((tag?["statistics"] as? [String: Any])?["rhythm"] as? [String: Any])?["class"] as? String
            }
            #expect(word(try await site.get("/api/v1/tags/python:3.12.1").json) == "superseded")
            #expect(word(try await site.get("/api/v1/tags/python:bookworm").json) == "stopped")
            let list = try await site.get("/api/v1/tags?query=python").items
            #expect(list.map(word) == ["superseded", "unchanged", "stopped"])
            let compared = try await site.get("/api/v1/compare?image=python:3.12.1&image=python:bookworm").items
            #expect(compared.map(word) == ["superseded", "stopped"])
            // 910 days ago the newer one had not been seen.
            let then = TestSite.now.advanced(bySeconds: -910 * 86_400)
            let past = try await site.get("/api/v1/tags/python:3.12.1?at=\(then)").json
            #expect(word(past) != "superseded" && word(past) != nil)
            let page = try await site.get("/tags/python:3.12.1").text
            #expect(page.contains("the repository has a newer version of this tag"))
            #expect(try await site.get("/").text.contains("The repository has a newer version of this tag"))
            #expect(try await site.get("/badges/frequency/python:3.12.1.svg").text.contains("superseded"))
            #expect(try await site.get("/badges/frequency/python:bookworm.svg").text.contains("stopped"))
        }
    }

    /// What it was then, and not what it is now beside figures of then.
    @Test func aTagOfThePastHasItsDigestOfThen() async throws {
        try await TestSite.run(hasWorker: false) { site in
            for name in ["python:3.12", "python:3.13"] {
                try await site.seed(try TagReference(parsing: name), [(30, 1), (20, 2), (10, 3)])
            }
            let then = TestSite.now.advanced(bySeconds: -15 * 86_400)
            let tag = try await site.get("/api/v1/tags/python:3.12?at=\(then)").json
            let list = try await site.get("/api/v1/compare?image=python:3.12&image=python:3.13&at=\(then)").items
            for past in [tag] + list {
                #expect(past["digest"] as? String == Digest.numbered(2).description)
                #expect(past["lastChangedAt"] as? String == "\(TestSite.now.advanced(bySeconds: -20 * 86_400))")
            }
            #expect(list.count == 2)
            let page = try await site.get("/tags/python:3.12?at=\(then)").text
            #expect(page.contains("<dt>Next check</dt><dd>due now</dd>"))
        }
    }

    @Test(arguments: ["tags", "changes", "changes/python:3.12"])
    func aCursorThatIsNoneIsRefused(list: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(9, 1), (3, 2)])
            for cursor in ["x", "%00", "AAAA", "%ff", "null", String(repeating: "A", count: 5_000), "eyJraW5kIjoxfQ"] {
                let answer = try await site.get("/api/v1/\(list)?cursor=\(cursor)")
                #expect(answer.status == 400, "\(cursor.prefix(20))")
                #expect(!answer.detail.isEmpty)
            }
        }
    }

    @Test func changesComeNewestFirstAndEndWithTheFirst() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 1)])
            let answer = try await site.get("/api/v1/changes/python:3.12")
            #expect(answer.items.map { $0["kind"] as? String } == ["rebuild", "rebuild", "first"])
            let members = [
                "reference", "digest", "previousDigest", "kind", "reverted", "source", "observedAt", "notBefore",
                "pushedAt", "mediaType", "platforms", "facts",
            ]
            for item in answer.items { #expect(Set(item.keys) == Set(members)) }
            #expect(answer.items[0]["reverted"] as? Bool == true)
            #expect(answer.items[0]["previousDigest"] as? String == Digest.numbered(2).description)
            #expect(answer.items[2]["source"] as? String == "imported")
            let one = try await site.get("/api/v1/changes?limit=1")
            #expect(one.items.count == 1)
            #expect(one.json["next"] is String)
        }
    }

    @Test func aHistogramIsFilledToNow() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (2, 3)])
            let weeks = try await site.get("/api/v1/histogram/python:3.12")
            #expect(weeks.json["bucket"] as? String == "week")
            #expect(weeks.items.map { $0["updates"] as? Int } == [0, 1, 0, 0, 1])
            #expect(weeks.items.last?["start"] as? String == "2026-02-09T00:00:00Z")
            #expect(try await site.get("/api/v1/histogram/python:3.12?bucket=day").items.count == 31)
            let span = "from=2026-01-31T12:00:00Z&to=2026-02-01T00:00:00Z"
            #expect(try await site.get("/api/v1/histogram/python:3.12?bucket=month&\(span)").items.count == 2)
        }
    }

    @Test(arguments: [
        ("bucket=year", 400), ("from=yesterday", 400), ("to=2026", 400),
        ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422), ("bucket=day&from=0001-01-01T00:00:00Z", 422),
    ])
    func aHistogramThatCannotBeIsRefused(query: String, status: Int) async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            let answer = try await site.get("/api/v1/histogram/python:3.12?" + query)
            #expect(answer.status == status)
            #expect(!answer.detail.isEmpty)
        }
    }

    @Test func statisticsAreAsOfATime() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (2, 3)])
            func changes(_ query: String) async throws -> Int? {
                let answer = try await site.get("/api/v1/tags/python:3.12" + query)
                return (answer.json["statistics"] as? [String: Any])?["changes"] as? Int
            }
            #expect(try await changes("") == 2)
            #expect(try await changes("?at=2026-02-01T00:00:00Z") == 1)
            #expect(try await changes("?at=2020-01-01T00:00:00%2B02:00") == 0)
            // Nobody knows of the future.
            let ahead = try await site.get("/api/v1/tags/python:3.12?at=2900-01-01T00:00:00Z").json["statistics"]
            #expect((ahead as? [String: Any])?["asOf"] as? String == "\(TestSite.now)")
            #expect(try await site.get("/api/v1/tags/python:3.12?at=now").status == 400)
        }
    }

    @Test func checksAreDoneNow() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            #expect(try await site.track("python:3.12").status == 201)
            try site.registry.set(TestSite.python, .found(.numbered(2), mediaType: nil, pushedAt: nil))
            let answer = try await site.send(.post, "/api/v1/checks/python:3.12")
            #expect(answer.status == 200)
            #expect(Set(answer.json.keys) == ["reference", "outcome", "digest", "reason", "checkedAt"])
            #expect(answer.json["outcome"] as? String == "changed")
            #expect(answer.json["digest"] as? String == Digest.numbered(2).description)
            #expect((answer.json["checkedAt"] as? String)?.hasPrefix("2026-02-11T14:") == true)
            #expect(try await site.send(.post, "/api/v1/checks/node:22").status == 404)
        }
    }

    @Test func aSlowCheckIs202() async throws {
        try await TestSite.run(hasWorker: false) { site in
            #expect(try await site.track("python:3.12").status == 202)
            let answer = try await site.send(.post, "/api/v1/checks/python:3.12")
            #expect(answer.status == 202)
            #expect(answer.text.contains("\"outcome\":null"))
        }
    }

    @Test func theStatusIsShown() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            _ = try await site.track("python:3.12")
            let answer = try await site.get("/api/v1/status")
            #expect(answer.json["tracked"] as? Int == 1)
            #expect(answer.json["version"] as? String == "1.2.3")
            #expect((answer.json["states"] as? [String: Int])?["active"] == 1)
            #expect((answer.json["workers"] as? [[String: Any]])?.count == 1)
            let lane = (answer.json["lanes"] as? [[String: Any]])?.first
            #expect(lane?["registry"] as? String == "docker.io")
            let day = (answer.json["days"] as? [[String: Any]])?.first
            #expect(day?["day"] as? String == "2026-02-11")
        }
    }
}
