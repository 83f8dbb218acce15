import HTTPTypes
import OCI
import Store
import Testing

@testable import Web

@Suite struct TagsAPITests {
    @Test func aTagIsTrackedSeenAndShown() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: .ociIndex, pushedAt: nil))
            let added = try await site.track("python:3.12")
            #expect(added.status == 201)
            #expect(added.headers[.location] == "/api/v1/tags/docker.io/library/python:3.12")
            #expect(added.json["state"] as? String == "active")
            #expect(try await site.track("docker.io/library/python:3.12").status == 200)
            for path in ["docker.io/library/python:3.12", "python%3A3.12", "docker.io%2Flibrary%2Fpython%3a3.12"] {
                let shown = try await site.get("/api/v1/tags/" + path)
                #expect(shown.status == 200)
                #expect(shown.headers[.contentType] == "application/json")
                #expect(shown.json["digest"] as? String == Digest.numbered(1).description)
            }
        }
    }

    @Test func everyMemberOfATagIsAlwaysThere() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.track("ghcr.io/owner/name")
            #expect(answer.status == 202)
            let members = [
                "reference", "registry", "repository", "tag", "state", "digest", "mediaType", "platforms",
                "trackedSince", "firstSeenAt", "lastCheckedAt", "lastSucceededAt", "lastChangedAt", "lastPushedAt",
                "nextCheckAt", "lastError", "statistics",
            ]
            #expect(Set(answer.json.keys) == Set(members))
            #expect(answer.json["reference"] as? String == "ghcr.io/owner/name:latest")
            #expect(answer.json["registry"] as? String == "ghcr.io")
            #expect(answer.json["repository"] as? String == "owner/name")
            #expect(answer.json["tag"] as? String == "latest")
            #expect(answer.json["state"] as? String == "pending")
            #expect(answer.text.contains("\"digest\":null"))
            #expect(answer.json["trackedSince"] as? String == "2026-02-11T14:20:00Z")
        }
    }

    @Test func whatTheRegistryHasNotIs404AndForgotten() async throws {
        try await TestSite.run { site in
            let answer = try await site.track("python:9.99")
            #expect(answer.status == 404)
            #expect(answer.detail.contains("has no library/python:9.99"))
            #expect(try await site.get("/api/v1/tags/python:9.99").status == 404)
        }
    }

    @Test func aTagThatIsGoneIsNotTrackedAgain() async throws {
        try await TestSite.run { site in
            try await site.seed(TestSite.python, [(30, 1)])
            #expect(try await site.store.untrack(TestSite.python))
            let answer = try await site.track("python:3.12")
            #expect(answer.status == 404)
            #expect(try await site.get("/api/v1/tags/python:3.12").json["state"] as? String == "untracked")
            #expect(try await site.get("/api/v1/changes/python:3.12").items.last?["kind"] as? String == "first")
        }
    }

    @Test func aFailedFirstCheckIs202WithItsReason() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .failed(reason: "no route to host"))
            let answer = try await site.track("python:3.12")
            #expect(answer.status == 202)
            #expect(answer.json["lastError"] as? String == "no route to host")
            #expect(answer.json["state"] as? String == "failing")
        }
    }

    /// A registry's 401 or 403 is an answer: most give it of what they do not have.
    @Test func whatARegistryRefusesIsKeptForNoVisitor() async throws {
        try await TestSite.run { site in
            let tag = try TagReference(parsing: "ghcr.io/private/tool:1")
            site.registry.set(tag, .failed(reason: "ghcr.io answered 403"))
            let answer = try await site.track("ghcr.io/private/tool:1")
            #expect(answer.status == 404)
            #expect(answer.detail.contains("or does not show it without a login"))
            #expect(try await site.store.tag(tag) == nil)
            let headers: HTTPFields = [.authorization: "Bearer correct horse"]
            #expect(try await site.track("ghcr.io/private/tool:1", headers: headers).status == 202)
            // What was seen before is not given up for it.
            let seen = try TagReference(parsing: "ghcr.io/private/seen:1")
            try await site.seed(seen, [(30, 1)])
            #expect(try await site.store.untrack(seen))
            site.registry.set(seen, .failed(reason: "ghcr.io answered 403"))
            #expect(try await site.track("ghcr.io/private/seen:1").status == 202)
            #expect(try await site.store.state(of: seen) == .failing)
        }
    }

    @Test(arguments: [
        ("", 400), ("{", 400), ("nonsense", 400), ("[]", 422), ("\"python\"", 422), ("{}", 422), ("null", 422),
        ("{\"image\":7}", 422), ("{\"image\":null}", 422), ("{\"image\":\"\"}", 422), ("{\"image\":\"A b\"}", 422),
        ("{\"image\":\"https://hub.docker.com\"}", 422), ("{\"image\":\"python\\u0000\"}", 422),
    ])
    func aBadBodyIsExplained(body: String, status: Int) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.send(.post, "/api/v1/tags", body: body)
            #expect(answer.status == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.json["status"] as? Int == answer.status)
            #expect(answer.json["type"] as? String == "about:blank")
            #expect(answer.json["title"] != nil)
            #expect(!answer.detail.isEmpty)
            #expect(try await site.store.trackedCount() == 0)
        }
    }

    @Test func aPinnedImageIsRefused() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.track("python@\(Digest.numbered(1))")
            #expect(answer.status == 422)
            #expect(answer.detail.contains("a tag is meant"))
        }
    }

    @Test func aFormIsNotJSON() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            let refused = try await site.send(.post, "/api/v1/tags", body: "image=python", headers: form)
            #expect(refused.status == 415)
            // What curl says without being asked is no reason to refuse JSON.
            let json = "{\"image\":\"python\"}"
            #expect(try await site.send(.post, "/api/v1/tags", body: json, headers: form).status == 202)
        }
    }

    @Test func aLargeBodyIs413() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let body = "{\"image\":\"\(String(repeating: "a", count: 70_000))\"}"
            let answer = try await site.send(.post, "/api/v1/tags", body: body)
            #expect(answer.status == 413)
            #expect(answer.detail.contains("64 KiB"))
        }
    }

    @Test func deletingTakesTheTokenAndKeepsTheHistory() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (10, 2)])
            let path = "/api/v1/tags/python:3.12"
            for headers in [[:], [.authorization: "Bearer wrong"]] as [HTTPFields] {
                let refused = try await site.send(.delete, path, headers: headers)
                #expect(refused.status == 401)
                #expect(refused.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            }
            #expect(try await site.send(.delete, path, headers: .admin).status == 204)
            #expect(try await site.send(.delete, path, headers: .admin).status == 404)
            let shown = try await site.get(path)
            #expect(shown.json["state"] as? String == "untracked")
            #expect(shown.json["nextCheckAt"] is String == false)
            #expect(try await site.get("/api/v1/changes/python:3.12").items.count == 2)
            #expect(try await site.track("python:3.12").status == 202)
        }
    }

    @Test func trackingMayTakeTheToken() async throws {
        try await TestSite.run(hasWorker: false, settings: { $0.publicTracking = false }) { site in
            let refused = try await site.track("python")
            #expect(refused.status == 401)
            #expect(try await site.track("python", headers: .admin).status == 202)
        }
    }

    @Test func theSitesLimitHolds() async throws {
        try await TestSite.run(hasWorker: false, settings: { $0.maxTracked = 1 }) { site in
            #expect(try await site.track("python").status == 202)
            let answer = try await site.track("node")
            #expect(answer.status == 403)
            #expect(answer.detail.contains("TAGBEAT_MAX_TRACKED"))
            #expect(try await site.track("python").status == 200)
        }
    }

    @Test func aRegistryThatIsNotAskedIs422() async throws {
        let settings: (inout WebSettings) -> Void = { settings in
            settings.refusal = { $0.host == "localhost" ? "it is a private address" : nil }
        }
        try await TestSite.run(hasWorker: false, settings: settings) { site in
            let answer = try await site.track("localhost:5000/a")
            #expect(answer.status == 422)
            #expect(answer.detail.contains("private address"))
        }
    }

    @Test func busyClientsAreSlowedDownButNotTheOperator() async throws {
        try await TestSite.run(hasWorker: false, settings: { $0.checkPatience = .zero }) { site in
            for number in 0..<60 { #expect(try await site.track("a/b:\(number)").status == 202) }
            let answer = try await site.track("a/b:61")
            #expect(answer.status == 429)
            #expect(answer.headers[.retryAfter] == "2")
            #expect(try await site.track("a/b:1").status == 200)
            #expect(try await site.track("a/b:61", headers: .admin).status == 202)
        }
    }

    @Test func otherSitesPagesTrackNothing() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.track("python", headers: [.origin: "https://evil.example"])
            #expect(answer.status == 403)
            #expect(try await site.store.trackedCount() == 0)
        }
    }
}
