import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

@Suite struct TagListTests {
    private static func page(_ names: String, next: String? = nil) -> Answer {
        Answer(
            200, next.map { [("Link", "<\($0)>; rel=\"next\"")] } ?? [], .text("{\"name\":\"a\",\"tags\":[\(names)]}"))
    }

    private func pages(_ registry: ScriptedRegistry, change: (inout RegistryConfiguration) -> Void = { _ in })
        async throws -> [[String]]
    {
        try await withService(listed: [registry.name], change: change) { try await $0.pages(of: "\(registry.name)/a") }
    }

    @Test func pagesAreFollowedVerbatim() async throws {
        let registry = try await ScriptedRegistry { request in
            switch request.target {
            case "/v2/a/tags/list?n=1000": Self.page("\"1\",\"2\"", next: "/v2/a/tags/list?last=2&x=%2F%20&n=1000")
            case "/v2/a/tags/list?last=2&x=%2F%20&n=1000": Self.page("", next: "list?page=3")
            case "/v2/a/tags/list?page=3":
                Self.page(
                    "\"3\",\"not a tag\",\"-\"", next: "http://\(request.header("Host") ?? "")/v2/a/tags/list?page=4")
            case "/v2/a/tags/list?page=4": Answer(200, [], .text("{\"name\":\"a\",\"tags\":null}"))
            default: Answer(404)
            }
        }
        #expect(try await pages(registry) == [["1", "2"], [], ["3"], []])
    }

    @Test func pagesAreFetchedOnlyAsTheyAreRead() async throws {
        let registry = try await ScriptedRegistry { request in Self.page("\"1\"", next: request.target + "1") }
        try await withService(listed: [registry.name]) { service in
            for try await _ in service.tags(of: try Repository(parsing: "\(registry.name)/a")) { break }
        }
        #expect(registry.requests.count == 1)
    }

    @Test func aSmallerPageIsTriedWhereALargeOneIsRefused() async throws {
        let registry = try await ScriptedRegistry { request in
            request.target.hasSuffix("?n=1000")
                ? Answer(405) : request.target.hasSuffix("?n=100") ? Answer(400) : Self.page("\"1\"")
        }
        #expect(try await pages(registry) == [["1"]])
        #expect(registry.requests.count == 3)
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: CheckFailure.Code
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer
    }

    static let broken: [Broken] = [
        Broken(testDescription: "404", code: .notFound) { _ in Answer(404) },
        Broken(testDescription: "403", code: .unauthorized) { _ in Answer(403) },
        Broken(testDescription: "always 405", code: .badAnswer) { _ in Answer(405) },
        Broken(testDescription: "garbage", code: .badAnswer) { _ in Answer(200, [], .text("<html>")) },
        Broken(testDescription: "nested deeply", code: .badAnswer) { _ in
            Answer(
                200, [],
                .text(
                    "{\"tags\":" + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}"))
        },
        Broken(testDescription: "tags that are no texts", code: .badAnswer) { _ in
            Answer(200, [], .text("{\"tags\":[1,2]}"))
        },
        Broken(testDescription: "a Link to another port", code: .badAnswer) { _ in
            page("\"1\"", next: "http://127.0.0.1:1/v2/a/tags/list")
        },
        Broken(testDescription: "a Link to another scheme", code: .badAnswer) {
            page("\"1\"", next: "https://\($0.header("Host") ?? "")/v2/")
        },
        Broken(testDescription: "a Link that is no URL", code: .badAnswer) { _ in
            page("\"1\"", next: "http://u:p@127.0.0.1/")
        },
        Broken(testDescription: "a Link to itself", code: .badAnswer) { page("\"1\"", next: $0.target) },
        Broken(testDescription: "a loop of two", code: .badAnswer) {
            page("\"1\"", next: $0.target.hasSuffix("x") ? "/v2/a/tags/list?n=1000" : "/v2/a/tags/list?x")
        },
        Broken(testDescription: "pages without end", code: .badAnswer) { page("\"1\"", next: $0.target + "1") },
        Broken(testDescription: "breaks off half way", code: .serverError) {
            $0.target.hasSuffix("x") ? Answer(500) : page("\"1\"", next: "/v2/a/tags/list?x")
        },
        Broken(testDescription: "404 half way", code: .notFound) {
            $0.target.hasSuffix("x") ? Answer(404) : page("\"1\"", next: "/v2/a/tags/list?x")
        },
        Broken(testDescription: "too large", code: .tooLarge) { _ in
            Answer(200, [], .chunks(String(repeating: " ", count: 65_536), every: .zero, count: nil))
        },
        Broken(testDescription: "too many tags", code: .tooLarge) {
            page(Array(repeating: "\"1\"", count: 60).joined(separator: ","), next: $0.target + "1")
        },
    ]

    @Test(arguments: broken) func aBrokenListingIsAFailure(_ row: Broken) async throws {
        let registry = try await ScriptedRegistry(row.answer)
        let error = try await #require(throws: CheckFailure.self) {
            _ = try await pages(registry) {
                $0.limits.tagListPages = 50
                $0.limits.tagListTags = 100
            }
        }
        #expect(error.code == row.code, "\(error)")
        #expect(registry.requests.count <= 51)
    }

    @Test func tokensAreShownToPagesToo() async throws {
        let registry = try await ScriptedRegistry { request in
            if request.target.hasPrefix("/Token") { return Answer(200, [], .text("{\"token\":\"t\"}")) }
            guard request.header("Authorization") == "Bearer t" else {
                return Answer(
                    401, [("WWW-Authenticate", "Bearer realm=\"http://\(request.header("Host") ?? "")/Token\"")])
            }
            return request.target.hasSuffix("x") ? Self.page("\"2\"") : Self.page("\"1\"", next: "/v2/a/tags/list?x")
        }
        #expect(try await pages(registry) == [["1"], ["2"]])
        #expect(registry.requests.count == 4)
    }
}
