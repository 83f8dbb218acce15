import Foundation
import HTTPTypes
import HummingbirdTesting
import OCI
import Store
import Testing

@testable import Web

/// The box, the lists of images that it makes, and images side by side.
@Suite struct ImagesTests {
    private static let headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"]

    private static func post(_ site: TestSite, _ text: String) async throws -> TestSite.Answer {
        try await site.send(.post, "/", body: "text=" + PercentCoding.encoded(text), headers: headers)
    }

    @Test func aFormOfAnotherKindIsToldSo() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.send(
                .post, "/", body: "--x--",
                headers: [.contentType: "multipart/form-data; boundary=x", .accept: "text/html"])
            #expect(answer.status == 415)
            #expect(answer.text.contains("Send the text as a form does"))
        }
    }

    @Test func aDockerfileBecomesAList() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 3)])
            let text = """
                ARG V=3.12
                FROM node:22 AS build
                FROM python:$V@\(Digest.numbered(2))
                COPY --from=build / /
                FROM $OTHER
                ENV LATE=1 B=2
                FROM app:$LATE
                """
            let answer = try await Self.post(site, text)
            #expect(answer.status == 200)
            for expected in [
                "2 images", "Read as a Dockerfile.", "line 2: FROM, stage build", "pinned, 1 update and 10 days behind",
                "not tracked yet", "The variable OTHER has no value in this text.",
                "The variable LATE is set inside a stage; FROM knows only the value that an ARG before the first FROM gives it.",
                "name=\"list\" value=\"image=node:22&amp;", "href=\"/?image=node:22&amp;image=python:3.12%40sha256:",
            ] { #expect(answer.text.contains(expected), "\(expected)") }
            let shared = try #require(answer.text.firstMatch(of: /id="share" href="([^"]+)"/)?.1)
            let again = try await site.get(String(shared).replacing("&amp;", with: "&"))
            #expect(again.status == 200)
            #expect(again.text.contains("pinned, 1 update and 10 days behind"))
        }
    }

    /// What the readers know has to come through the form as well: line ends of browsers, plus signs, quotes.
    @Test(arguments: [
        (
            "FROM --platform=$BUILDPLATFORM node:22 AS node\r\nRUN <<EOF\r\nFROM no:1\r\nEOF\r\nFROM node\r\n",
            ["node:22"]
        ),
        (
            "ARG V=3.12\r\nARG BASE=python:${V}-slim\r\nFROM \\\r\n  $BASE\r\nCOPY --from=busybox:1 / /\r\n",
            ["python:3.12-slim", "busybox:1"]
        ),
        (
            "x-a: &a\n  image: redis:8\nservices:\n  cache:\n    <<: *a\n  db:\n    image: \"postgres:${PG:-17}\"\n",
            ["redis:8", "postgres:17"]
        ),
        ("docker run -p 80:80 nginx:stable sh -c 'a+b'\nalpine:3", ["nginx:stable", "alpine:3"]),
    ])
    func textsOfManyShapesAreRead(text: String, names: [String]) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let page = try await Self.post(site, text).text
            let found = page.matches(of: /class="name"><a href="[^"]*">([^<]*)</).map { String($0.1) }
            #expect(Set(names).isSubset(of: found), "\(found)")
            #expect(found.count == names.count, "\(found)")
        }
    }

    @Test func oneNameGoesToItsPage() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await Self.post(site, " python:3.12\r\n")
            #expect(answer.status == 303)
            #expect(answer.headers[.location] == "/tags/docker.io/library/python:3.12")
        }
    }

    @Test(arguments: [
        ("", 422, "No image is named in it"), ("\u{1}\u{2}", 422, "Line 1 holds bytes that are no text"),
        (String(repeating: "python:3.12\n", count: 25_000), 413, "at most 262,144 are read"),
        ("x: &a [*a]", 422, "<h1>"),
    ])
    func whatCannotBeReadIsTold(text: String, status: Int, expected: String) async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await Self.post(site, text)
            #expect(answer.status == status)
            #expect(answer.text.contains(expected))
            #expect(answer.text.hasPrefix("<!doctype html>"))
        }
    }

    /// Nobody types a file twice.
    @Test func whatWasRefusedStaysInTheBox() async throws {
        try await TestSite.run(hasWorker: false) { site in
            #expect(
                try await Self.post(site, "See you at 10:30 <b>").text.contains("See you at 10:30 &lt;b&gt;</textarea>")
            )
            #expect(try await Self.post(site, "a\u{1}").text.contains("spellcheck=\"false\" required>\n</textarea>"))
            let empty = try await site.get("/?image=&image=+")
            #expect(empty.status == 200 && empty.text.contains("How often is that image really rebuilt?"))
        }
    }

    @Test func tenThousandImagesAreCutToALimit() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await Self.post(site, (0..<10_000).map { "a/b:\($0)" }.joined(separator: "\n"))
            #expect(answer.status == 200)
            #expect(answer.text.contains("200 images"))
            #expect(answer.text.contains("9,800 more images beyond the first 200 were left out."))
            #expect(answer.text.contains("Track the first 50"))
            let address = "/?" + (0..<201).map { "image=a/b:\($0)" }.joined(separator: "&")
            #expect(try await site.get(address).status == 422)
        }
    }

    @Test func aBoxOfTenMegabytesIsToldSo() async throws {
        try await TestSite.run(.live, hasWorker: false) { site in
            let answer = try await Self.post(site, String(repeating: "a", count: 10_000_000))
            #expect(answer.status == 413)
            #expect(answer.text.contains("at most 262,144 are read"))
        }
    }

    @Test func whatIsTrackedFromAListLeadsBackToIt() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            let list = PercentCoding.encoded("image=python:3.12&image=node:22\r\nX: y")
            let answer = try await site.send(
                .post, "/tags", body: "image=python:3.12&list=\(list)", headers: Self.headers)
            #expect(answer.status == 303)
            #expect(answer.headers[.location] == "/?image=python:3.12&image=node:22%0D%0AX:%20y")
        }
    }

    /// The list stays, and tells what was not to be had.
    @Test func whatARegistryDoesNotHaveIsToldInTheList() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            for chosen in ["image=node:22", "image=python:3.12&image=node:22"] {
                let list = PercentCoding.encoded("image=python:3.12&image=node:22")
                let answer = try await site.send(
                    .post, "/tags", body: "\(chosen)&list=\(list)", headers: Self.headers)
                #expect(answer.status == 303)
                let location = try #require(answer.headers[.location])
                #expect(location == "/?image=python:3.12&image=node:22&refused=node:22")
                let page = try await site.get(location)
                #expect(page.text.components(separatedBy: "was not tracked: the registry had no such tag").count == 2)
            }
        }
    }

    /// Others were tracked: the list stays, and tells which were not.
    @Test func whatIsLeftOutIsToldInTheList() async throws {
        try await TestSite.run(settings: { $0.refusal = { $0.host == "localhost" ? "it is private" : nil } }) { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            let images = "image=python:3.12&image=localhost/node:22"
            let answer = try await site.send(
                .post, "/tags", body: "\(images)&list=\(PercentCoding.encoded(images))", headers: Self.headers)
            #expect(answer.status == 303)
            let location = try #require(answer.headers[.location])
            #expect(location == "/?\(images)&left=localhost/node:22")
            let page = try await site.get(location)
            #expect(page.text.components(separatedBy: "was not tracked: “Track” here tells why").count == 2)
            #expect(!page.text.contains("not tracked yet"))
        }
    }

    /// What is watched no longer has its history still, and can be tracked again; what was retired wakes.
    @Test func whatWasOnceTrackedIsKnown() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let (stopped, retired) = (try TestSite.python, try TagReference(parsing: "a:1"))
            try await site.seed(stopped, [(30, 1), (20, 2), (10, 3)])
            #expect(try await site.store.untrack(stopped))
            try await site.store.track([retired], origin: .visitor, at: TestSite.now)
            let later = TestSite.now.advanced(bySeconds: 1)
            #expect(try await site.store.retire(unviewedSince: later, at: later) == 1)
            let page = try await site.get("/?image=python:3.12&image=a:1").text
            #expect(page.contains("not tracked</span>") && page.contains("aria-label=\"Track python:3.12\""))
            #expect(page.contains("class=\"rhythm\">") && !page.contains("not tracked yet"))
            #expect(try await site.store.state(of: retired) == .pending)
        }
    }

    /// What is tracked stands there with all that a list's line says; what is not can be tracked by one press, and two
    /// hundred such lines do not repeat the list two hundred times.
    @Test func aListShowsWhatIsKnown() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 3)])
            let page = try await site.get("/?image=python:3.12&image=node:22")
            #expect(page.status == 200)
            let line = try #require(page.text.components(separatedBy: "<tr role=\"row\">").dropFirst(2).first)
            #expect(line.contains("href=\"/tags/docker.io/library/python:3.12\""))
            for cell in ["rhythm", "age", "last", "weeks"] { #expect(line.contains("class=\"\(cell)\">")) }
            #expect(line.contains("<svg") && line.contains("evidence"))
            #expect(page.text.contains("value=\"docker.io/library/node:22\" aria-label=\"Track node:22\""))
            let many = (1...200).map { "image=some-longer-name-of-an-image-\($0):1" }.joined(separator: "&")
            #expect(try await site.get("/?\(many)").text.utf8.count < 250_000)
        }
    }

    @Test func imagesStandSideBySide() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2), (10, 3)])
            try await site.seed(TagReference(parsing: "node:22"), [(300, 4), (100, 5)])
            let page = try await site.get("/compare?image=python:3.12&image=node:22&image=rust:1&image=python:3.12")
            #expect(page.status == 200)
            #expect(page.text.components(separatedBy: "<th scope=\"col\">").count == 3)
            #expect(page.text.contains("Not tracked yet."))
            #expect(page.text.contains("id=\"strips\""))
            #expect(try await site.get("/compare").text.contains("Two to eight images"))
            let nine = (1...9).map { "image=a:\($0)" }.joined(separator: "&")
            #expect(try await site.get("/compare?\(nine)").status == 422)
            let bad = try await site.get("/compare?image=%3Cscript%3E&image=python:3.12")
            #expect(bad.status == 422)
            #expect(bad.text.contains("<code>&lt;script&gt;</code>") && bad.text.contains("id=\"strips\""))
            #expect(try await site.get("/compare?image=%3Cscript%3E").text.contains("name=\"image\""))
        }
    }

    @Test func theTableIsNarrowedToARhythm() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            let name = "href=\"/tags/docker.io/library/python:3.12\""
            #expect(try await site.get("/?part=tags&rhythm=unchanged").text.contains(name))
            #expect(try await !site.get("/?part=tags&rhythm=weekly").text.contains(name))
            #expect(try await site.get("/?rhythm=weekly").text.contains("value=\"weekly\" selected"))
        }
    }

    @Test func theTableAloneIsForTheScript() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1), (20, 2)])
            let part = try await site.get("/?part=tags&query=pyth").text
            #expect(part.contains("docker.io/library/python:3.12"))
            #expect(!part.contains("<html"))
            #expect(try await site.get("/?part=tags&query=nothing").text.contains("No tracked tag has"))
        }
    }
}
