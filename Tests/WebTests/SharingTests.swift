import Foundation
import HTTPTypes
import HummingbirdTesting
import OCI
import Store
import Testing

@testable import Web

/// What is kept by clients, read by other sites, asked of registries, and who may write.
@Suite struct SharingTests {
    @Test func anAnswerIsSentOnce() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2)])
            let path = TestSite.examplePath
            // The first screen shows it as soon as it is known.
            _ = try await site.get("/status")
            let addresses = [
                "/api/v1/tags/\(path)", "/api/v1/changes/\(path)", "/api/v1/histogram/\(path)",
                "/api/v1/settled/\(path)?minAgeDays=0", "/tags/\(path)", "/badges/frequency/\(path).svg",
                "/charts/\(path).svg", "/feeds/\(path).atom", "/history/\(path).csv", "/", "/?part=tags",
                "/?query=python", "/?image=\(path)@\(Digest.numbered(1))", "/compare?image=\(path)&image=python:3.13",
                "/repositories/python", "/repositories/python?shape=%23.%23", "/status", "/api/v1/tags",
                "/api/v1/changes", "/api/v1/compare?image=\(path)&image=\(path)",
                "/api/v1/digests/\(Digest.numbered(1))", "/feeds/repositories/docker.io/library/python.atom",
            ]
            for address in addresses + ["/docs", "/api/v1/openapi.json", "/assets/tagbeat.svg"] {
                let first = try await site.get(address)
                let tag = try #require(first.headers[.eTag], "\(address)")
                #expect(first.status == 200 && tag.hasPrefix("W/\""))
                for known in [tag, "\"x\", \(tag)", String(tag.dropFirst(2)), "*"] {
                    let again = try await site.get(address, headers: [.ifNoneMatch: known])
                    #expect(again.status == 304 && again.text.isEmpty, "\(address) \(known)")
                    #expect(again.headers[.eTag] == tag)
                    #expect(first.headers[.cacheControl] != nil)
                    for name in [HTTPField.Name.cacheControl, .vary, .accessControlAllowOrigin] {
                        #expect(again.headers[name] == first.headers[name], "\(address) \(name)")
                    }
                    // It would replace what the client has: a chart has another.
                    #expect(again.headers[.contentSecurityPolicy] == nil)
                }
                #expect(try await site.get(address, headers: [.ifNoneMatch: "W/\"other\""]).status == 200)
            }
            var before: [String: String] = [:]
            for address in addresses { before[address] = try await site.get(address).headers[.eTag] }
            try await site.seed(TestSite.python, [(1, 3)])
            // The state of everything is some seconds old.
            for address in addresses where address != "/status" {
                #expect(try await site.get(address).headers[.eTag] != before[address], "\(address)")
            }
            for address in ["/healthz", "/readyz", "/metrics", "/nothing", "/repositories/nothing"] {
                let answer = try await site.get(address, headers: [.ifNoneMatch: "*"])
                #expect(answer.headers[.eTag] == nil && answer.status != 304, "\(address)")
            }
        }
    }

    @Test func aRevisionChangesWithTheTagAndByTheMinute() throws {
        let (tag, _) = try Samples.tag(changesDaysAgo: [20, 10])
        func revision(_ tag: TrackedTag, version: String = "1", seconds: Double = 0) -> Revision {
            Revision(of: [tag], version: version, at: TestSite.now.advanced(bySeconds: seconds))
        }
        #expect(revision(tag) == revision(tag, seconds: 59))
        #expect(revision(tag) != revision(tag, seconds: 60))
        #expect(revision(tag) != revision(tag, version: "2"))
        #expect(revision(tag) != revision(try Samples.tag(state: .failing, changesDaysAgo: [20, 10]).0))
        #expect(revision(tag) != revision(try Samples.tag(changesDaysAgo: [20, 9]).0))
        #expect(revision(tag) != revision(try Samples.tag("python:3", changesDaysAgo: [20, 10]).0))
        let (now, two) = (TestSite.now, [tag, tag])
        #expect(Revision(of: two, version: "1", at: now) != revision(tag))
        #expect(Revision(of: [tag], ["next"], version: "1", at: now) != revision(tag))
        #expect(Revision(of: [], ["ab"], version: "1", at: now) != Revision(of: [], ["a", "b"], version: "1", at: now))
    }

    @Test func otherSitesMayReadAndNotWrite() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            for path in ["/api/v1/tags", "/api/v1/tags/python:3.12", "/api/v1/tags/nothing", "/badges/changes/a.svg"] {
                #expect(try await site.get(path).headers[.accessControlAllowOrigin] == "*", "\(path)")
                let asked = try await site.send(.options, path)
                #expect(asked.status == 204 && asked.headers[.accessControlAllowMethods] == "GET, HEAD")
            }
            for path in ["/", "/tags/python:3.12", "/status"] {
                #expect(try await site.get(path).headers[.accessControlAllowOrigin] == nil)
            }
            #expect(try await site.track("python:3.12").headers[.accessControlAllowOrigin] == nil)
            #expect(try await site.send(.options, "/api/v1/checks/python").status == 405)
        }
    }

    @Test func aCreatedTokenWritesUntilItIsRevoked() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let token = AccessToken()
            let fields: HTTPFields = [.authorization: "Bearer \(token.text)"]
            for reference in ["a:1", "b:1"] { try await site.seed(try TagReference(parsing: reference), [(3, 1)]) }
            let without = try await site.send(.delete, "/api/v1/tags/a:1")
            #expect(without.status == 401 && without.text.contains("It takes a token"))
            let unknown = try await site.send(.delete, "/api/v1/tags/a:1", headers: fields)
            #expect(unknown.status == 401 && unknown.text.contains("is not known here, or was revoked"))
            #expect(try await site.store.addToken("ci", hash: token.hash, at: TestSite.now))
            #expect(try await site.send(.delete, "/api/v1/tags/a:1", headers: fields).status == 204)
            #expect(try await site.store.revokeToken("ci"))
            #expect(try await site.send(.delete, "/api/v1/tags/b:1", headers: fields).status == 401)
            // Also where it would take none: who sends one believes that it is known.
            let body = #"{"image": "c:1"}"#
            #expect(try await site.send(.post, "/api/v1/tags", body: body, headers: fields).status == 401)
        }
    }

    @Test func aRetiredTagWakesWhenItIsLookedAt() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let (retired, stopped) = (try TagReference(parsing: "a:1"), try TagReference(parsing: "b:1"))
            try await site.store.track([retired, stopped], origin: .visitor, at: TestSite.now)
            let later = TestSite.now.advanced(bySeconds: 1)
            #expect(try await site.store.untrack(stopped))
            #expect(try await site.store.retire(unviewedSince: later, at: later) == 1)
            #expect(try await site.get("/api/v1/tags/a:1").json["state"] as? String == "pending")
            #expect(try await site.get("/api/v1/tags/b:1").json["state"] as? String == "untracked")
        }
    }

    @Test func aWokenTagSaysSo() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.store.track([try TagReference(parsing: "a:1")], origin: .visitor, at: TestSite.now)
            let later = TestSite.now.advanced(bySeconds: 1)
            #expect(try await site.store.retire(unviewedSince: later, at: later) == 1)
            let notice = "It was retired, and is watched again from now on."
            #expect(try await site.get("/tags/a:1").text.contains(notice))
            #expect(try await !site.get("/tags/a:1?bucket=month").text.contains(notice))
        }
    }

    /// Its own turn has not come since, so that its state does not know of it.
    @Test func aTagOfASilentRegistrySaysSo() async throws {
        try await TestSite.run { site in
            for reference in ["a:1", "b:1", "c:1", "d:1", "ghcr.io/o/e:1"] {
                try await site.seed(try TagReference(parsing: reference), [(3, 1)])
            }
            for reference in ["a:1", "b:1", "c:1"] {
                site.registry.set(try TagReference(parsing: reference), .failed(reason: "no <route> to host"))
                #expect(try await site.send(.post, "/api/v1/checks/\(reference)").status == 200)
            }
            _ = try await site.get("/status")
            let page = try await site.get("/tags/d:1").text
            #expect(page.contains("docker.io cannot be checked."))
            #expect(page.contains("no &lt;route&gt; to host"))
            #expect(try await !site.get("/tags/ghcr.io/o/e:1").text.contains("cannot be checked"))
        }
    }

    @Test func whatARegistryOffersIsListedByAWorker() async throws {
        let python = try TestSite.python.repository
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(3, 1)])
            let path = "/api/v1/repositories/docker.io/library/python/tags"
            let waiting = try await site.get(path)
            #expect(waiting.status == 202 && waiting.items.isEmpty)
            #expect(try await site.store.claimOffered(lease: 60, at: TestSite.now) == python)
            let tags = try ["3.12", "3.13", "3.13-slim", "latest"].map { try Tag(parsing: $0) }
            try await site.store.noteOffered(.tags(tags), of: python, at: TestSite.now)
            let all = try await site.get(path)
            #expect(all.status == 200)
            #expect(all.items.map { $0["tracked"] as? Bool } == [true, false, false, false])
            #expect(all.items[0]["state"] as? String == "active" && all.items[1]["state"] is NSNull)
            let first = try await site.get(path + "?query=3.1*&limit=2")
            #expect(first.items.map { $0["tag"] as? String } == ["3.12", "3.13"])
            let next = try #require(first.json["next"] as? String)
            let second = try await site.get(path + "?query=3.1*&limit=2&cursor=\(next)")
            #expect(second.items.map { $0["tag"] as? String } == ["3.13-slim"])
            #expect(second.json["next"] is NSNull)
            #expect(try await site.get(path + "?cursor=/").status == 400)
            #expect(try await site.get(path + "?query=%5B").status == 422)
            try await site.store.noteOffered(.missing, of: python, at: TestSite.now)
            #expect(try await site.get(path).status == 404)
            #expect(try await site.get("/api/v1/repositories/python").status == 404)
            #expect(try await site.get("/api/v1/repositories/A%20b/tags").status == 422)
        }
    }

    @Test func askingRegistriesIsRateLimited() async throws {
        try await TestSite.run(hasWorker: false, settings: { $0.checkPatience = .zero }) { site in
            var statuses: [Int] = []
            for number in 0..<61 { statuses.append(try await site.get("/api/v1/repositories/r/\(number)/tags").status) }
            #expect(statuses.last == 429 && statuses.dropLast().allSatisfy { $0 == 202 })
        }
    }
}
