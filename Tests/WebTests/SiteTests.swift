import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import OCI
import Store
import Synchronization
import Testing

@testable import Web

@Suite struct SiteTests {
    private static let browser: HTTPFields = [.accept: "text/html,application/xhtml+xml,*/*;q=0.8"]

    @Test func pagesAnswerAndProtectTheirVisitors() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (2, 3)])
            for path in [
                "/", "/?query=pyth&sort=-changes30d", "/tags/python:3.12", "/tags/python%3A3.12?bucket=month",
                "/status",
            ] {
                let answer = try await site.get(path)
                #expect(answer.status == 200, "\(path)")
                #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
                let policy = answer.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers.values(named: "Referrer-Policy") == ["same-origin"])
            }
            #expect(try await site.get("/").text.contains("docker.io/library/python:3.12"))
            let head = try await site.send(.head, "/status")
            #expect(head.status == 200 && head.text.isEmpty)
        }
    }

    @Test func anUntrackedTagsPageOffersToTrackIt() async throws {
        try await TestSite.run { site in
            let page = try await site.get("/tags/python:3.12")
            #expect(page.status == 404)
            #expect(page.text.contains("Track this tag"))
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            let sent = try await site.send(.post, "/tags", body: "image=python%3A3.12", headers: form)
            #expect(sent.status == 303)
            #expect(sent.headers[.location] == "/tags/docker.io/library/python:3.12")
            #expect(try await site.get("/tags/python:3.12").status == 200)
            let check = try await site.send(.post, "/checks/python:3.12")
            #expect(check.status == 303)
            let target = try #require(check.headers[.location])
            #expect(target.hasPrefix("/tags/docker.io/library/python:3.12?checked=unchanged&since="))
            #expect(try await site.get(target).text.contains("<strong>Checked just now:</strong>"))
        }
    }

    /// What leads nowhere may have meant an image; a page's own address did not.
    @Test(arguments: [
        ("/compare?image=A+b", 422, false), ("/pythn:3.12", 404, true), ("/tags/pythn:3.12", 404, false),
        ("/robots.txt", 404, false),
    ])
    func onlyTheLostAreToldOfImages(path: String, status: Int, isTold: Bool) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get(path, headers: Self.browser)
            #expect(answer.status == status)
            #expect(answer.text.contains("Perhaps you want") == isTold)
        }
    }

    @Test func aFormsMistakesArePages() async throws {
        try await TestSite.run { site in
            for (body, status, text) in [
                ("image=A+b", 422, "That cannot be shown"), ("", 422, "No image is named."),
                ("image=python:9", 404, "has no library/python:9"), ("image=%ff", 400, "UTF-8"),
            ] {
                let answer = try await site.send(.post, "/tags", body: body, headers: Self.browser)
                #expect(answer.status == status)
                #expect(answer.text.contains(text), "\(body)")
                #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
            }
            var headers = Self.browser
            headers[.origin] = "https://evil.example"
            #expect(try await site.send(.post, "/tags", body: "image=python", headers: headers).status == 403)
            #expect(try await site.send(.post, "/checks/python", headers: headers).status == 403)
        }
    }

    @Test func aTagWithManyChangesIsPaged() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, (0..<50).map { (Double(100 - $0), $0) })
            let first = try await site.get("/tags/python:3.12").text
            #expect(first.components(separatedBy: "class=\"kind\"").count == 21)
            let link = try #require(first.firstMatch(of: /rel="next" href="([^"#]*)/)?.1)
            let second = try await site.get(String(link))
            #expect(second.status == 200)
            #expect(second.text.contains("Newest"))
            #expect(try await site.get("/tags/python:3.12?before=x").status == 400)
        }
    }

    @Test func severalTagsOfARepositoryAreTrackedAtOnce() async throws {
        try await TestSite.run { site in
            for name in ["3.12", "3.13"] {
                site.registry.set(
                    try TagReference(parsing: "python:\(name)"), .found(.numbered(1), mediaType: nil, pushedAt: nil))
            }
            func post(_ tags: String) async throws -> (status: Int, text: String) {
                let answer = try await site.send(
                    .post, "/tags", body: "repository=docker.io/library/python&tags=\(tags)", headers: Self.browser)
                return (Int(answer.status), answer.text)
            }
            // What the registry has not is left out.
            #expect(try await post("3.12%2C3.13+nothing").status == 303)
            #expect(try await site.get("/tags/python:3.13").status == 200)
            #expect(try await site.get("/tags/python:nothing").status == 404)
            #expect(try await post("nothing+at+all").status == 404)
            #expect(try await post("").text.contains("No tag is chosen."))
            #expect(try await post("a/b").status == 422)
            #expect(try await post((0..<51).map { "t\($0)" }.joined(separator: "+")).text.contains("at most 50"))
        }
    }

    /// What was imported is known, but nobody watched it here.
    @Test func anImportedPastIsNotObserved() async throws {
        try await TestSite.run(hasWorker: false) { site in
            for name in ["3.12", "3.13"] {
                try await site.seed(TagReference(parsing: "python:\(name)"), [(400, 1), (20, 2), (0, 2)])
            }
            let page = try await site.get("/compare?image=python:3.12&image=python:3.13").text
            let row =
                "<th scope=\"row\">Observed for<span class=\"reason\">by our own checks</span></th><td>not yet</td><td>not yet</td>"
            #expect(page.contains(row))
            #expect(page.contains("from others, too</span></th><td>400 days</td><td>400 days</td>"))
            let tag = try await site.get("/tags/python:3.12").text
            #expect(tag.contains("Not observed by our own checks yet; its past is known for 400 days."))
        }
    }

    @Test func aRepositoryShowsItsTagsByShape() async throws {
        try await TestSite.run(hasWorker: false) { site in
            for name in ["3.11", "3.12", "3.13", "3.9", "3.12-slim", "latest"] {
                try await site.seed(TagReference(parsing: "python:\(name)"), [(30, 1), (20, 2)])
            }
            let page = try await site.get("/repositories/docker.io/library/python").text
            #expect(page.contains("6 tags watched"))
            let order = [
                ">Names without a version<", ">Versions like 3.13<", ":3.13<", ":3.12<", ":3.11<",
                ">Versions like 3.12-slim<",
            ]
            let places = order.map { page.range(of: $0)?.lowerBound }
            #expect(!places.contains(nil))
            #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
            #expect(page.contains(">3.9</a>") && page.contains("All 4 with their histories"))
            let shape = try await site.get("/repositories/python?shape=%23.%23").text
            #expect(shape.contains(":3.9<") && !shape.contains(":latest<"))
            #expect(try await site.get("/repositories/nothing").status == 404)
            #expect(try await site.get("/repositories/A%20b").status == 422)
            #expect(try await site.get("/repositories/python?after=x").status == 400)
            let feed = try await site.get("/feeds/repositories/docker.io/library/python.atom")
            #expect(feed.headers[.contentType] == "application/atom+xml; charset=utf-8")
            #expect(feed.text.components(separatedBy: "<entry>").count == 13)
            #expect(feed.text.contains("python:3.9 was rebuilt"))
            #expect(try await site.get("/feeds/repositories/nothing.atom").status == 404)
        }
    }

    @Test(arguments: [
        ("/python:3.12", 404, "href=\"/tags/docker.io/library/python:3.12\""),
        ("/Tags/Python:3.12", 404, "href=\"/tags/docker.io/library/python:3.12\""),
        ("/repositories/python:3.12", 422, "href=\"/repositories/docker.io/library/python\""),
        (
            "/tags/python:3.12@sha256:" + String(repeating: "a", count: 64), 422,
            "href=\"/tags/docker.io/library/python:3.12?digest=sha256:aaaa"
        ),
        ("/%ff", 404, "Nothing is here"), ("/tags/%ff", 400, "not UTF-8"), ("/..%2f..%2fetc/passwd", 404, "<h1>"),
        ("/tags/%3Cscript%3E", 422, "&lt;script&gt;"),
        ("/?state=bad", 400, "give one of"), ("/?rhythm=bad", 400, "give one of"), ("/?cursor=x", 400, "cursor"),
        ("/status/more", 404, "Nothing is here"),
    ])
    func everyImpossiblePathHelps(path: String, status: Int, text: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get(path, headers: Self.browser)
            #expect(answer.status == status)
            #expect(answer.text.contains(text), "\(answer.text)")
            #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
            #expect(!answer.text.contains("<script>"))
            #expect(answer.text.contains("name=\"text\""))
        }
    }

    /// It may be pinned somewhere, and nothing that came after it is an update.
    @Test func aDigestThatWasTakenBackSaysSo() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 1)])
            let digest = Digest.numbered(2)
            let page = try await site.get("/tags/python:3.12?digest=\(digest)").text
            #expect(page.contains("Taken back.") && page.contains("it went back to an older digest"))
            let bearer = try #require(try await site.get("/api/v1/digests/\(digest)").items.first)
            #expect(bearer["wasReverted"] as? Bool == true && bearer["updatesBehind"] as? Int == 0)
            let list = try await site.get("/?image=python:3.12@\(digest)").text
            #expect(list.contains("pinned to a digest that was taken back"))
        }
    }

    @Test func aHistoryIsAFile() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2)])
            let csv = try await site.get("/history/python:3.12.csv")
            #expect(csv.headers[.contentDisposition] == "attachment; filename=\"python-3.12.csv\"")
            #expect(csv.text.components(separatedBy: "\r\n").count == 4)
            let lines = try await site.get("/history/python:3.12.ndjson").text
            #expect(lines.hasPrefix("{\"image\":\"docker.io/library/python:3.12\",\"digest\":\"sha256:"))
            #expect(try await site.get("/history/python:9.csv").status == 404)
            #expect(try await site.get("/history/python:3.12.xls").status == 404)
        }
    }

    /// It is sent while it is read: its length is not known before.
    @Test(arguments: ["csv", "ndjson"]) func aLongHistoryIsSentInParts(format: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, (0..<1_201).map { (Double(1_300 - $0), $0) })
            let path = "/history/python:3.12.\(format)"
            let answer = try await site.get(path)
            #expect(answer.headers[.contentLength] == nil && answer.headers[.eTag] != nil)
            let lines = answer.text.split(separator: format == "csv" ? "\r\n" : "\n")
            #expect(lines.count == (format == "csv" ? 1_202 : 1_201))
            #expect(Set(lines).count == lines.count)
            let head = try await site.send(.head, path)
            #expect(head.status == 200 && head.text.isEmpty)
            #expect(head.headers[.contentDisposition] == answer.headers[.contentDisposition])
            #expect(head.headers[.contentLength] == String(answer.text.utf8.count))
            let tag = try #require(answer.headers[.eTag])
            #expect(try await site.get(path, headers: [.ifNoneMatch: tag]).status == 304)
        }
    }

    @Test func anImageWrittenOtherwiseIsFound() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            let answer = try await site.get("/?query=+index.docker.io/python:3.12+")
            #expect(answer.status == 303)
            #expect(answer.headers[.location] == "/tags/docker.io/library/python:3.12")
            #expect(try await site.get("/?query=+PYTHON:3.12+").text.contains("docker.io/library/python:3.12"))
        }
    }

    @Test(arguments: ["/nothing", "/tags/python/../..", "/api/v1/nothing", "/assets/secret", "/details", "/checks"])
    func whatIsNotThereIs404(path: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get(path)
            #expect(answer.status == 404 || answer.status == 422)
            let page = try await site.get(path, headers: Self.browser)
            #expect(page.text.hasPrefix("<!doctype html>") == !path.hasPrefix("/api/"))
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.put, "/", "GET, HEAD, POST"), (.put, "/api/v1/tags", "GET, HEAD, POST"),
        (.patch, "/api/v1/tags/python", "DELETE, GET, HEAD"), (.get, "/api/v1/checks/python", "POST"),
        (.delete, "/api/v1/status", "GET, HEAD"),
    ])
    func theWrongMethodIs405(method: HTTPRequest.Method, path: String, allowed: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.send(method, path)
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == allowed)
        }
    }

    @Test(arguments: [
        ("/tags/Python", 422), ("/tags/%00", 422), ("/tags/%ff", 400), ("/tags/a%20b", 422),
        ("/tags//python", 422), ("/tags/python?bucket=day%00", 400), ("/?sort=nothing", 400), ("/?cursor=nothing", 400),
        ("/?query=%00", 400), ("/tags/python@sha256:abc", 422), ("/api/v1/tags/Python", 422),
        ("/api/v1/tags/python@sha256:abc", 422), ("/api/v1/changes/%20", 422),
    ])
    func hostilePathsAreTheClientsFault(path: String, status: Int) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get(path)
            #expect(answer.status == status)
            #expect(answer.text.hasPrefix("<!doctype html>") == !path.hasPrefix("/api/"))
        }
    }

    @Test func oldAddressesLeadToTheNewOnes() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get("/details/ghcr.io/a/b:1?bucket=week")
            #expect(answer.status == 308)
            #expect(answer.headers[.location] == "/tags/ghcr.io/a/b:1?bucket=week")
            #expect(try await site.get("/tags").status == 303)
        }
    }

    @Test func assetsAreKeptByTheirContent() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let page = try await site.get("/").text
            let address = try #require(page.firstMatch(of: /href="(\/assets\/tagbeat\.css[^"]*)"/)?.1)
            let asset = try await site.get(String(address))
            #expect(asset.status == 200)
            #expect(asset.headers[.contentType] == "text/css; charset=utf-8")
            #expect(asset.headers[.cacheControl]?.contains("immutable") == true)
            let other = try await site.get("/assets/tagbeat.css?v=another").headers[.cacheControl]
            #expect(other?.contains("immutable") == false)
            let tag = try #require(asset.headers[.eTag])
            #expect(try await site.get("/assets/tagbeat.css", headers: [.ifNoneMatch: tag]).status == 304)
            #expect(try await site.get("/assets/tagbeat.js").text.contains("data-copy"))
        }
    }

    @Test func missingResourcesAreAnErrorAndNoCrash() throws {
        let empty = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let error = #expect(throws: WebError.self) { try Resources(folder: empty) }
        #expect(error?.description.contains("install tagbeat together with its .resources folders") == true)
    }

    @Test func healthAndReadiness() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let health = try await site.get("/healthz")
            #expect(health.status == 200)
            #expect(try await site.get("/readyz").status == 200)
        }
    }

    @Test func withoutADatabaseNothingIsA500() async throws {
        let store = TagStore(
            conninfo: "host=/nowhere user=nobody dbname=none connect_timeout=2", logger: Logger(label: "test"))
        defer { store.close() }
        let app = try WebApplication(
            store: store, settings: WebSettings(), clock: { TestSite.now }, logger: Logger(label: "test")
        ).buildApplication(host: "127.0.0.1", port: 0)
        try await app.test(.router) { client in
            #expect(try await client.execute(uri: "/healthz", method: .get).status.code == 200)
            for path in [
                "/", "/status", "/tags/python", "/readyz", "/api/v1/tags", "/api/v1/status", "/api/v1/tags/python",
            ] {
                let response = try await client.execute(uri: path, method: .get)
                #expect(response.status.code == 503, "\(path)")
                #expect(response.headers[.retryAfter] != nil)
                #expect(!String(buffer: response.body).contains("nowhere"))
            }
        }
    }

    @Test func theBoundPortIsTold() async throws {
        let port = Mutex(0)
        let store = TagStore(conninfo: "host=/nowhere", logger: Logger(label: "test"))
        defer { store.close() }
        let app = try WebApplication(store: store, settings: WebSettings(), logger: Logger(label: "test"))
            .buildApplication(host: "127.0.0.1", port: 0) { bound in port.withLock { $0 = bound } }
        try await app.test(.live) { client in
            let response = try await client.execute(uri: "/healthz", method: .get)
            #expect(response.status == .ok)
            #expect(port.withLock { $0 } > 0)
        }
    }
}
