import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

/// A registry and its token service in one, which hands out tokens by number.
private final class TokenRegistry: Sendable {
    let server: ScriptedRegistry
    let issued: Box<[String]>
    var name: String { server.name }

    /// - Parameters:
    ///   - accepts: whether a token, by its number from 1, still counts.
    ///   - token: what the token service answers, from the number.
    init(
        scope: String? = nil, delay: Duration = .zero, accepts: @escaping @Sendable (Int) -> Bool = { _ in true },
        token: @escaping @Sendable (Request, Int) -> Answer = {
            Answer(200, [("Content-Type", "text/plain")], .text("{\"token\":\"t\($1)\",\"expires_in\":300}"))
        }
    ) async throws {
        let issued = Box<[String]>([])
        self.issued = issued
        server = try await ScriptedRegistry { request in
            if request.target.hasPrefix("/Token") {
                let number = issued.withLock {
                    $0.append(request.target); return $0.count
                }
                var answer = token(request, number)
                answer.delay = delay
                return answer
            }
            let shown = request.header("Authorization") ?? ""
            if shown.hasPrefix("Bearer t"), let number = Int(shown.dropFirst(8)), accepts(number) {
                return Answer(200, [("Docker-Content-Digest", digestA)])
            }
            // Whoever once asked another server at this port may ask here: what is not a registry's path has no scope.
            let path = request.target.split(separator: "/").dropFirst().first ?? ""
            let wanted = scope ?? "repository:\(path):pull"
            return Answer(
                401,
                [
                    (
                        "WWW-Authenticate",
                        "Bearer realm=\"http://\(request.header("Host") ?? "")/Token?x=1\",service=\"a service\",scope=\"\(wanted)\""
                    )
                ])
        }
    }

    func requests(_ method: String) -> Int { server.requests.count { $0.method == method } }
}

@Suite struct AuthTests {
    @Test func anonymousBearer() async throws {
        let registry = try await TokenRegistry()
        try await withService(listed: [registry.name]) { service in
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            #expect(registry.server.requests.map(\.method) == ["HEAD", "GET", "HEAD"])
            #expect(registry.issued.withLock { $0 } == ["/Token?x=1&service=a%20service&scope=repository:a:pull"])
            // The same repository again: the token is at hand.
            try await service.expect("\(registry.name)/a:2", .found(digestA))
            #expect(registry.server.requests.count == 4)
            // Another repository: straight to the token service, no request that is only refused.
            try await service.expect("\(registry.name)/b:1", .found(digestA))
            #expect(registry.server.requests.map(\.method) == ["HEAD", "GET", "HEAD", "HEAD", "GET", "HEAD"])
        }
        for request in registry.server.requests where request.method == "GET" {
            #expect(request.header("Authorization") == nil)
        }
    }

    @Test func oneTokenRequestForManyTags() async throws {
        let registry = try await TokenRegistry(delay: .milliseconds(200))
        try await withService(listed: [registry.name], change: { $0.connectionsPerHost = 64 }) { service in
            try await withThrowingTaskGroup(of: DigestOutcome.self) { group in
                for index in 0..<50 { group.addTask { try await service.digest(of: "\(registry.name)/a:\(index)") } }
                for try await outcome in group { #expect(outcome == .found(digestA)) }
            }
        }
        #expect(registry.issued.withLock { $0.count } == 1)
    }

    @Test func aTokenThatNoLongerCountsIsReplacedOnce() async throws {
        let valid = Box(1)
        let registry = try await TokenRegistry(accepts: { number in valid.withLock { $0 } == number })
        try await withService(listed: [registry.name]) { service in
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            valid.withLock { $0 = 2 }
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            valid.withLock { $0 = 99 }
            try await service.expect("\(registry.name)/a:1", .unauthorized)
        }
        #expect(registry.issued.withLock { $0.count } == 3)
    }

    @Test func aTokenExpires() async throws {
        let time = ManualTime()
        let registry = try await TokenRegistry(token: { Answer(200, [], .text("{\"access_token\":\"t\($1)\"}")) })
        try await withService(listed: [registry.name], time: time.source) { service in
            for step in [Duration.zero, .seconds(50), .seconds(10)] {
                time.advance(step)
                try await service.expect("\(registry.name)/a:1", .found(digestA))
            }
        }
        #expect(registry.issued.withLock { $0.count } == 2)
    }

    @Test func anUnusualScopeIsRemembered() async throws {
        let registry = try await TokenRegistry(scope: "repository:a:pull,push repository:b:pull")
        try await withService(listed: [registry.name]) { service in
            for tag in 1...3 { try await service.expect("\(registry.name)/a:\(tag)", .found(digestA)) }
        }
        #expect(
            registry.issued.withLock { $0 } == [
                "/Token?x=1&service=a%20service&scope=repository:a:pull,push&scope=repository:b:pull"
            ])
    }

    static let brokenTokens: [(ScriptedRegistry.Answer, CheckFailure.Code)] = [
        (Answer(200, [], .text("{}")), .badAnswer), (Answer(200, [], .text("<html>")), .badAnswer),
        (Answer(401), .unauthorized), (Answer(403, [], .text("{\"errors\":[{\"code\":\"DENIED\"}]}")), .unauthorized),
        (Answer(404), .unauthorized), (Answer(500), .serverError), (Answer(429, [("Retry-After", "3")]), .rateLimited),
        (Answer(200, [], .text(String(repeating: "[", count: 60_000))), .badAnswer),
        (Answer(200, [], .chunks(String(repeating: " ", count: 4_096), every: .zero, count: nil)), .tooLarge),
        (Answer(302, [("Location", "https://10.0.0.1/token")]), .forbiddenAddress),
    ]

    @Test(arguments: brokenTokens) func brokenTokenServices(
        _ answer: ScriptedRegistry.Answer, _ code: CheckFailure.Code
    ) async throws {
        let registry = try await TokenRegistry(token: { _, _ in answer })
        let outcome = try await withService(listed: [registry.name]) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(outcome.failure?.code == code, "\(outcome)")
    }

    @Test(arguments: [
        "Bearer realm=\"not a url\"", "Bearer realm=\"\"", "Bearer realm=\"//x/\"", "Bearer service=\"x\"",
        "Basic realm=\"x\"",
        "Negotiate", "", "Bearer realm=\"https://u:p@example.com/\"",
    ]) func challengesThatCannotBeMet(_ challenge: String) async throws {
        let registry = try await ScriptedRegistry { _ in Answer(401, [("WWW-Authenticate", challenge)]) }
        let outcome = try await withService(listed: [registry.name]) { try await $0.digest(of: "\(registry.name)/a:1") }
        let code = try #require(outcome.failure?.code)
        #expect([.unauthorized, .badAnswer].contains(code))
        #expect(registry.requests.count == 1)
    }

    private func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    @Test func basicIsShownOnlyWhenAskedForAndOnlyToItsHost() async throws {
        let right = basic("u", "pä:ss")
        let other = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestB)]) }
        let registry = try await ScriptedRegistry { request in
            guard request.header("Authorization") == right else {
                return Answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
            }
            return request.target.hasSuffix("/moved")
                ? Answer(302, [("Location", "http://\(other.name)/x")])
                : Answer(200, [("Docker-Content-Digest", digestA)])
        }
        try await withService(
            listed: [registry.name, other.name],
            change: {
                $0.credentials.append(
                    FixedCredentials([
                        try Registry(parsing: registry.name): Credentials(username: "u", password: "pä:ss")
                    ]))
            }
        ) { service in
            try await service.expect("\(registry.name)/a:1", .found(digestA))
            try await service.expect("\(registry.name)/a:2", .found(digestA))
            try await service.expect("\(registry.name)/a:moved", .found(digestB))
            try await service.expect("\(other.name)/a:1", .found(digestB))
        }
        #expect(registry.requests.map { $0.header("Authorization") } == [nil, right, right, right])
        #expect(other.requests.allSatisfy { $0.header("Authorization") == nil })
        #expect(other.requests.count == 2)
    }

    @Test func wrongPasswordIsToldOnce() async throws {
        let registry = try await ScriptedRegistry { _ in Answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")]) }
        try await withService(
            listed: [registry.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "hunter2"))
            }
        ) { service in
            for _ in 0..<2 {
                let failure = try await service.digest(of: "\(registry.name)/a:1").failure
                #expect(failure?.code == .unauthorized)
                #expect(failure?.detail.contains("hunter2") == false)
            }
        }
    }

    @Test func credentialsGoToTheRealmThatTheRegistryNamed() async throws {
        let right = basic("u", "p")
        let registry = try await TokenRegistry(token: { request, number in
            request.header("Authorization") == right
                ? Answer(200, [], .text("{\"token\":\"t\(number)\"}")) : Answer(401)
        })
        let outcome = try await withService(
            listed: [registry.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "p"))
            }
        ) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(outcome == .found(digestA))
        // The registry itself sees the token alone.
        #expect(
            registry.server.requests.filter { $0.method == "HEAD" }.map { $0.header("Authorization") } == [
                nil, "Bearer t1",
            ])
    }

    @Test func aRealmThatRedirectsElsewhereGetsNoCredentialsThere() async throws {
        let other = try await ScriptedRegistry { _ in Answer(200, [], .text("{\"token\":\"t9\"}")) }
        let registry = try await TokenRegistry(token: { _, _ in Answer(307, [("Location", "http://\(other.name)/t")]) })
        _ = try await withService(
            listed: [registry.name, other.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "p"))
            }
        ) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(other.requests.count == 1)
        #expect(other.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func aChallengeAfterARedirectIsNotAnswered() async throws {
        let other = try await ScriptedRegistry { _ in Answer(401, [("WWW-Authenticate", "Basic realm=\"gimme\"")]) }
        let registry = try await ScriptedRegistry { _ in Answer(307, [("Location", "http://\(other.name)/x")]) }
        let outcome = try await withService(
            listed: [registry.name, other.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "p"))
            }
        ) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(outcome.failure?.code == .unauthorized)
        #expect(other.requests.count == 1)
        #expect((other.requests + registry.requests).allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func identityTokenIsPosted() async throws {
        let registry = try await TokenRegistry(token: { request, number in
            let body = String(decoding: request.body, as: UTF8.self)
            let fits =
                request.method == "POST" && body.contains("grant_type=refresh_token")
                && body.contains("refresh_token=re%2Bfresh".replacingOccurrences(of: "%2B", with: "%2B"))
            return fits && !request.target.contains("fresh")
                ? Answer(200, [], .text("{\"access_token\":\"t\(number)\"}")) : Answer(400)
        })
        let outcome = try await withService(
            listed: [registry.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: .identityToken(Secret("re+fresh")))
            }
        ) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(outcome == .found(digestA))
    }

    /// Nothing that was logged or told, at any level, holds a secret or a token.
    @Test func nothingSecretIsLoggedOrTold() async throws {
        let capture = LogCapture()
        let registry = try await ScriptedRegistry { request in
            if request.target.hasPrefix("/Token") { return Answer(200, [], .text("{\"token\":\"tokensecret\"}")) }
            switch request.target {
            case "/v2/a/manifests/ok" where request.header("Authorization") == "Bearer tokensecret":
                return Answer(200, [("Docker-Content-Digest", digestA)])
            // A registry that repeats what it was sent.
            case "/v2/a/manifests/echo" where request.header("Authorization") != nil:
                return Answer(
                    200,
                    [
                        ("Docker-Content-Digest", request.header("Authorization") ?? ""),
                        ("Content-Type", "tokensecret/tokensecret"),
                    ])
            case "/v2/a/manifests/slow" where request.header("Authorization") != nil:
                return Answer(429, [("Retry-After", "1"), ("X-Error", "tokensecret")], .text("tokensecret"))
            default:
                return Answer(
                    401,
                    [
                        (
                            "WWW-Authenticate",
                            "Bearer realm=\"http://\(request.header("Host") ?? "")/Token?key=querysecret\""
                        )
                    ])
            }
        }
        var told = ""
        try await withService(
            listed: [registry.name], logger: capture.logger,
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "someone", password: "hunter2"))
            }
        ) { service in
            for tag in ["ok", "echo", "slow", "after"] {
                let outcome = try await service.digest(of: "\(registry.name)/a:\(tag)")
                told += "\(outcome) \(String(reflecting: outcome))\n"
            }
            told += "\(try service.status(of: Registry(parsing: registry.name)))"
        }
        #expect(told.contains("429"))
        #expect(capture.text.contains("being left alone"))
        for secret in ["hunter2", "tokensecret", "querysecret", Data("someone:hunter2".utf8).base64EncodedString()] {
            #expect(!told.contains(secret))
            #expect(!capture.text.contains(secret))
        }
    }
}
