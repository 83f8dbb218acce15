import Foundation
import HTTPTypes
import OCI
import Store
import Testing

@testable import Web

/// The part of a page with which more of a repository's tags are tracked.
@Suite struct OfferedPageTests {
    private static let page = "/tags/docker.io/library/python:3.12"

    /// A repository of 120 versions and their variants, two artifacts, and one tag that is tracked.
    private static func run(
        settings: (inout WebSettings) -> Void = { _ in }, _ test: @Sendable @escaping (TestSite) async throws -> Void
    ) async throws {
        try await TestSite.run(hasWorker: false, settings: settings) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            try await offer((0..<60).flatMap { ["3.\($0)", "3.\($0)-slim"] }, in: site)
            try await test(site)
        }
    }

    private static func offer(_ names: [String], in site: TestSite) async throws {
        let repository = try TestSite.python.repository
        _ = try await site.store.askOfferedTags(of: repository, at: TestSite.now, within: .zero)
        let artifact = "sha256-" + String(repeating: "a", count: 64)
        let tags = try (names + [artifact, artifact + ".sig"]).map { try Tag(parsing: $0) }
        try await site.store.noteOffered(.tags(tags), of: repository, at: TestSite.now)
    }

    private static func names(_ html: String) -> [String] {
        html.matches(of: /name="tags" value="([^"]*)"/).map { String($0.1) }
    }

    @Test func nothingIsAskedUntilSomebodyWantsIt() async throws {
        try await TestSite.run(hasWorker: false) { site in
            try await site.seed(TestSite.python, [(30, 1)])
            for path in [Self.page, "/tags/rust:1", "/repositories/python", "/repositories/rust"] {
                let html = try await site.get(path).text
                #expect(html.contains("Track more of this repository") && html.contains("name=\"offered\""), "\(path)")
            }
            #expect(try await site.store.claimOffered(lease: 60, at: TestSite.now) == nil)
            #expect(try await site.get(Self.page + "?offered=").text.contains("The registry is being asked."))
            #expect(try await site.store.claimOffered(lease: 60, at: TestSite.now) == TestSite.python.repository)
        }
    }

    @Test func whatFitsIsShownFiftyAtATimeTheBestFirst() async throws {
        try await Self.run { site in
            let first = try await site.get(Self.page + "?offered=").text
            #expect(first.contains("120 tags, 1 of them watched. Listed just now."))
            #expect(!first.contains("sha256-aaaa"))
            var names = Self.names(first)
            #expect(names.count == 50 && names.prefix(2) == ["3.59", "3.59-slim"])
            #expect(first.contains(">Track all 50 shown</button>"))
            var next = first.firstMatch(of: /rel="next" href="([^"#]*)#offered"/)?.1
            while let path = next {
                let page = try await site.get(String(path).replacing("&amp;", with: "&")).text
                names += Self.names(page)
                next = page.firstMatch(of: /rel="next" href="([^"#]*)#offered"/)?.1
                #expect(page.contains(">First</a>"))
            }
            #expect(names.count == 119 && Set(names).count == 119 && !names.contains("3.12"))
            let slim = try await site.get("/repositories/python?offered=3.1?-slim").text
            #expect(slim.contains("10 tags fit, none of them watched."))
            #expect(Self.names(slim) == (10...19).reversed().map { "3.\($0)-slim" })
            #expect(try await site.get(Self.page + "?offered=3.12").text.contains("1 tag fits, 1 of them watched."))
            #expect(try await site.get(Self.page + "?offered=x*").text.contains("No tag that it offers fits."))
            #expect(try await site.get(Self.page + "?offered=%5B").text.contains("There is no list."))
            #expect(try await site.get(Self.page + "?offered=&offeredAfter=%2F").status == 200)
        }
    }

    @Test func theChosenOrAllShownAreTrackedAtOnce() async throws {
        try await Self.run { site in
            let form = "repository=docker.io/library/python&from=python:3.12&offered=3.1*&offeredAfter=3.17"
            func post(_ more: String) async throws -> TestSite.Answer {
                try await site.send(.post, "/tags", body: form + more)
            }
            let before = try await site.get(Self.page + "?offered=3.1*").headers[.eTag]
            let chosen = try await post("&tags=3.13&tags=3.14-slim&shown=3.15+3.16")
            #expect(chosen.status == 303)
            #expect(chosen.headers[.location] == Self.page + "?offered=3.1%2A&offeredAfter=3.17#offered")
            #expect(try await site.store.trackedCount() == 3)
            #expect(try await site.get(Self.page + "?offered=3.1*").headers[.eTag] != before)
            let html = try await site.get(Self.page + "?offered=3.1*").text
            #expect(html.contains("3 of them watched") && !Self.names(html).contains("3.13"))
            #expect(try await post("&all=1&shown=3.15+3.16+3.13").status == 303)
            #expect(try await site.store.trackedCount() == 5)
            #expect(try await post("").status == 422)
            #expect(try await post("&all=1&shown=a/b").status == 422)
            // Back to the repository's page, and to no other.
            let home = try await site.send(
                .post, "/tags", body: "repository=python&offered=&tags=3.20", headers: [:])
            #expect(home.headers[.location] == "/repositories/docker.io/library/python?offered=#offered")
            #expect(
                try await site.send(
                    .post, "/tags", body: form.replacing("python:3.12", with: "//e.vil/") + "&tags=3.21"
                ).status == 422)
        }
    }

    /// The same limits as for tracking one tag.
    @Test func limitsHoldForManyAtOnce() async throws {
        let body = "repository=python&offered=&all=1&shown="
        @Sendable func names(_ range: Range<Int>) -> String { range.map { "3.\($0)" }.joined(separator: "+") }
        try await Self.run { site in
            #expect(try await site.send(.post, "/tags", body: body + names(0..<50)).status == 303)
            // One is known, so 49 of 60 are spent.
            let more = body + names(50..<60) + "+" + names(0..<10).replacing("+", with: "-slim+")
            let second = try await site.send(.post, "/tags", body: more)
            #expect(second.status == 429 && second.headers[.retryAfter] == "16")
            #expect(try await site.store.trackedCount() == 50)
            #expect(try await site.send(.post, "/tags", body: more, headers: .admin).status == 303)
            #expect(try await site.store.trackedCount() == 69)
            let foreign = try await site.send(
                .post, "/tags", body: body + "3.1", headers: [.origin: "https://evil.example"])
            #expect(foreign.status == 403)
        }
        try await Self.run(settings: { $0.maxTracked = 10 }) { site in
            let answer = try await site.send(.post, "/tags", body: body + names(0..<12), headers: .admin)
            #expect(answer.status == 403 && answer.text.contains("of which 9 are left"))
            #expect(try await site.store.trackedCount() == 1)
            #expect(try await site.send(.post, "/tags", body: body + names(0..<9)).status == 303)
        }
        try await Self.run(settings: { $0.publicTracking = false }) { site in
            #expect(try await site.send(.post, "/tags", body: body + "3.1").status == 401)
            let page = try await site.get(Self.page + "?offered=").text
            #expect(!page.contains("name=\"offered\""))
        }
        let refuse: (inout WebSettings) -> Void = { $0.refusal = { _ in "it is private" } }
        try await Self.run(settings: refuse) { site in
            let answer = try await site.send(.post, "/tags", body: body + "3.1")
            let page = try await site.get(Self.page + "?offered=").text
            #expect(answer.status == 422 && page.contains("is not asked: it is private"))
        }
    }
}
