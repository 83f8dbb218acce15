import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// Every way in which an answer goes wrong is told so that a person knows what to do about it.
@Suite struct FailureWordsTests {
    @Test(arguments: [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"tags\"",
            CheckFailure.Code.unreachable, "broke off in the middle of its answer"
        ),
        (
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 200_000) + "\r\n\r\n", .tooLarge,
            "headers that are too long"
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", .badAnswer, "did not answer in HTTP"),
    ])
    func brokenAnswers(bytes: String, code: CheckFailure.Code, words: String) async throws {
        let server = try await RawServer(answering: bytes)
        try await withService(listed: ["127.0.0.1:\(server.port)"]) { service in
            let listing = await #expect(throws: CheckFailure.self) {
                _ = try await service.pages(of: "127.0.0.1:\(server.port)/team/app")
            }
            #expect(listing?.code == code)
            #expect(listing?.detail.contains(words) == true, "\(String(describing: listing))")
        }
    }

    @Test(arguments: [
        ("ftp://registry.example/app", "something that is no address on the web"),
        ("http://10.0.0.1/app", "redirects to another host: 10.0.0.1 would have to be asked by plain HTTP"),
    ])
    func redirects(target: String, words: String) async throws {
        let registry = try await ScriptedRegistry { _ in .init(307, [("Location", target)]) }
        try await withService(listed: [registry.name]) { service in
            let failure = try await service.digest(of: "\(registry.name)/team/app:1").failure
            #expect(failure?.detail.hasPrefix(registry.name) == true, "\(String(describing: failure))")
            #expect(failure?.detail.contains(words) == true, "\(String(describing: failure))")
        }
    }

    @Test(arguments: [
        (500, "", "answered 500"), (200, "{}", "answered without a token"),
    ])
    func tokenServices(status: Int, body: String, words: String) async throws {
        let service = try await ScriptedRegistry { _ in .init(status, [], .text(body)) }
        let realm = "Bearer realm=\"http://\(service.name)/token\""
        let registry = try await ScriptedRegistry { _ in .init(401, [("WWW-Authenticate", realm)]) }
        try await withService(listed: [registry.name, service.name]) { client in
            let failure = try await client.digest(of: "\(registry.name)/team/app:1").failure
            #expect(failure?.detail == "the token service \(service.name) \(words)")
        }
    }

    @Test func unreachableTokenService() async throws {
        let registry = try await ScriptedRegistry { _ in
            .init(401, [("WWW-Authenticate", "Bearer realm=\"http://10.0.0.1/token\"")])
        }
        try await withService(listed: [registry.name]) { client in
            let failure = try await client.digest(of: "\(registry.name)/team/app:1").failure
            #expect(failure?.detail.hasPrefix("\(registry.name)'s token service cannot be asked: 10.0.0.1 ") == true)
        }
    }

    /// One wrong number puts nothing off for years.
    @Test(arguments: [
        (429, "99999999999999999999"), (503, "99999999999"), (429, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func absurdWishes(status: Int, wish: String) async throws {
        let registry = try await ScriptedRegistry { _ in .init(status, [("Retry-After", wish)]) }
        try await withService(listed: [registry.name]) { service in
            let failure = try await service.digest(of: "\(registry.name)/team/app:1").failure
            #expect(failure?.retryAfter == .seconds(21_600))
            #expect(failure?.detail.hasSuffix("to be asked again in 6 h") == true, "\(String(describing: failure))")
        }
    }

    @Test(arguments: [
        (0.5, "0.5 s"), (15, "15 s"), (120, "2 min"), (119, "119 s"), (601, "11 min"), (7_200, "2 h"), (8_000, "2.3 h"),
        (21_600, "6 h"), (86_400, "24 h"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(Duration(secondsRounded: seconds).text == text)
    }
}
