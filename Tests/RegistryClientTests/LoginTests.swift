import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

@Suite struct LoginMemoryTests {
    private let good = Credentials(username: "u", password: "p")

    @Test func pausesGrow() {
        var memory = LoginMemory()
        var now = Duration.zero
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            #expect(memory.standing(of: good, at: now) == .unproven)
            memory.refused(good, isCertain: true, at: now)
            #expect(memory.standing(of: good, at: now) == .refused(.seconds(minutes * 60)))
            now += .seconds(minutes * 60)
        }
        memory.accepted(good)
        #expect(memory.standing(of: good, at: now) == .accepted)
    }

    /// At most four tries in three minutes, far from the thirty after which GitLab shuts an address out.
    @Test func fewTriesInThreeMinutes() {
        var memory = LoginMemory()
        var tries = 0
        for second in 0..<180 where memory.standing(of: good, at: .seconds(second)) == .unproven {
            tries += 1
            memory.refused(good, isCertain: true, at: .seconds(second))
        }
        #expect(tries == 2)
    }

    @Test func aGoodLoginIsDoubtedSlowly() {
        var memory = LoginMemory()
        #expect(memory.standing(of: good, at: .zero) == .unproven)
        memory.accepted(good)
        for _ in 0..<2 { memory.refused(good, isCertain: true, at: .zero) }
        #expect(memory.standing(of: good, at: .zero) == .accepted)
        memory.accepted(good)
        for _ in 0..<3 { memory.refused(good, isCertain: false, at: .zero) }
        #expect(memory.standing(of: good, at: .zero) == .refused(.seconds(60)))
    }

    @Test func anotherLoginBeginsAnew() {
        var memory = LoginMemory()
        #expect(memory.standing(of: good, at: .zero) == .unproven)
        memory.refused(good, isCertain: true, at: .zero)
        #expect(memory.standing(of: Credentials(username: "u", password: "new"), at: .zero) == .unproven)
        // What comes back late of the old one does not count.
        memory.accepted(good)
        #expect(memory.standing(of: Credentials(username: "u", password: "new"), at: .zero) == .unproven)
    }
}

@Suite struct LoginTests {
    /// A registry whose token service knows one login, and gives what is public to anybody.
    private func registry(
        login: String?, isPublic: Bool = false, refusal: Int = 401
    ) async throws -> ScriptedRegistry {
        try await ScriptedRegistry { request in
            if request.target.hasPrefix("/jwt/auth") {
                let shown = request.header("Authorization")
                if shown == nil { return isPublic ? Answer(200, [], .text(#"{"token":"t"}"#)) : Answer(refusal) }
                return shown == login
                    ? Answer(200, [], .text(#"{"token":"t"}"#)) : Answer(refusal, delay: .milliseconds(5))
            }
            if request.header("Authorization") == "Bearer t" {
                return Answer(200, [("Docker-Content-Digest", digestA)])
            }
            let realm = "http://\(request.header("Host") ?? "")/jwt/auth"
            return Answer(401, [("WWW-Authenticate", "Bearer realm=\"\(realm)\",service=\"container_registry\"")])
        }
    }

    private func tries(_ registry: ScriptedRegistry) -> Int {
        registry.requests.count { $0.header("Authorization")?.hasPrefix("Basic ") == true }
    }

    private static func setPassword(
        _ password: String, of registry: ScriptedRegistry, in configuration: inout RegistryConfiguration
    ) throws {
        configuration.registries[try Registry(parsing: registry.name)] = RegistrySettings(
            credentials: Credentials(username: "u", password: password))
    }

    /// Of as many repositories, all asked for at once.
    private static func outcomes(
        of count: Int, at registry: ScriptedRegistry, _ service: DigestService
    ) async -> [DigestOutcome?] {
        await withTaskGroup(of: DigestOutcome?.self) { group in
            for index in 0..<count {
                group.addTask { try? await service.digest(of: "\(registry.name)/r\(index):1") }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func aRefusedLoginIsNotTriedAgainAndAgain() async throws {
        let registry = try await registry(login: nil)
        let time = ManualTime()
        try await withService(
            listed: [registry.name], time: time.source,
            change: { try Self.setPassword("wrong-hush", of: registry, in: &$0) }
        ) { service in
            // Many repositories at once, and again and again for three minutes.
            for _ in 0..<18 {
                for outcome in await Self.outcomes(of: 10, at: registry, service) {
                    #expect(outcome?.failure?.code == .unauthorized)
                    #expect(outcome?.failure?.detail.contains("hush") == false)
                    #expect(outcome?.failure?.detail.contains("credentials that are set") == true)
                }
                time.advance(.seconds(10))
            }
        }
        #expect(tries(registry) <= 3)
        #expect(tries(registry) >= 1)
    }

    @Test func whatIsPublicIsReadWithoutTheRefusedLogin() async throws {
        let registry = try await registry(login: nil, isPublic: true)
        try await withService(
            listed: [registry.name],
            change: { try Self.setPassword("wrong", of: registry, in: &$0) }
        ) { service in
            for index in 0..<3 { try await service.expect("\(registry.name)/r\(index):1", .found(digestA)) }
        }
        #expect(tries(registry) == 1)
    }

    @Test func aRightLoginGoesOnAtOnce() async throws {
        let registry = try await registry(login: "Basic " + Data("u:p".utf8).base64EncodedString())
        try await withService(
            listed: [registry.name],
            change: { try Self.setPassword("p", of: registry, in: &$0) }
        ) { service in
            #expect(await Self.outcomes(of: 10, at: registry, service).allSatisfy { $0 == .found(digestA) })
        }
        #expect(tries(registry) == 10)
    }

    @Test func aWrongPasswordOfABasicRegistry() async throws {
        let registry = try await ScriptedRegistry { request in
            Answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")], delay: .milliseconds(2))
        }
        try await withService(
            listed: [registry.name],
            change: { try Self.setPassword("wrong", of: registry, in: &$0) }
        ) { service in
            let outcomes = await Self.outcomes(of: 20, at: registry, service)
            #expect(outcomes.allSatisfy { $0?.failure?.code == .unauthorized })
        }
        #expect(tries(registry) == 1)
    }

    /// A cloud's passwords last for hours: the next one is shown at once, with no request that is only refused.
    @Test func aPasswordThatChangesIsShownAtOnce() async throws {
        struct Changing: CredentialSource {
            let password: Box<String>
            func credentials(for registry: Registry) -> Credentials? {
                Credentials(username: "AWS", password: password.withLock { $0 })
            }
        }
        let password = Box("one")
        let registry = try await ScriptedRegistry { request in
            let right = "Basic " + Data("AWS:\(password.withLock { $0 })".utf8).base64EncodedString()
            if request.header("Authorization") == right { return Answer(200, [("Docker-Content-Digest", digestA)]) }
            // As ECR answers an authorization that ran out: 403 and no challenge.
            if request.header("Authorization") != nil { return Answer(403) }
            return Answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
        }
        try await withService(listed: [registry.name], change: { $0.credentials.append(Changing(password: password)) })
        {
            try await $0.expect("\(registry.name)/a:1", .found(digestA))
            password.withLock { $0 = "two" }
            try await $0.expect("\(registry.name)/a:1", .found(digestA))
        }
        #expect(registry.requests.count == 3)
    }

    /// https://learn.microsoft.com/azure/container-registry: a refresh token goes by POST, with one `scope`.
    @Test(arguments: [
        Credentials.identityToken(Secret("re+fresh/=")),
        Credentials(username: "00000000-0000-0000-0000-000000000000", password: "re+fresh/="),
    ])
    func aRefreshTokenIsPosted(_ credentials: Credentials) async throws {
        let registry = try await ScriptedRegistry { request in
            if request.target == "/oauth2/token" {
                let body = String(decoding: request.body, as: UTF8.self)
                let right =
                    "grant_type=refresh_token&client_id=tagbeat&service=x.azurecr.io"
                    + "&scope=repository:a:pull%20repository:a:metadata_read&refresh_token=re%2Bfresh/%3D"
                let type = "application/x-www-form-urlencoded"
                guard request.method == "POST", body == right, request.header("Content-Type") == type else {
                    return Answer(400)
                }
                return Answer(200, [], .text(#"{"access_token":"t"}"#))
            }
            if request.header("Authorization") == "Bearer t" {
                return Answer(200, [("Docker-Content-Digest", digestA)])
            }
            let challenge =
                "Bearer realm=\"http://\(request.header("Host") ?? "")/oauth2/token\",service=\"x.azurecr.io\","
                + "scope=\"repository:a:pull repository:a:metadata_read\""
            return Answer(401, [("WWW-Authenticate", challenge)])
        }
        try await withService(
            listed: [registry.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(credentials: credentials)
            }
        ) { try await $0.expect("\(registry.name)/a:1", .found(digestA)) }
        #expect(registry.requests.allSatisfy { $0.header("Authorization")?.hasPrefix("Basic") != true })
    }

    /// The reason of a source that failed is told where the registry gives nothing without it; what is public is read.
    @Test func aSourceThatFailsCostsOnlyWhatIsPrivate() async throws {
        struct Failing: CredentialSource {
            func credentials(for registry: Registry) throws -> Credentials? {
                throw CheckFailure(.timeout, "the helper did not answer in time")
            }
        }
        for isPublic in [true, false] {
            let registry = try await registry(login: nil, isPublic: isPublic)
            let outcome = try await withService(
                listed: [registry.name], change: { $0.credentials.append(Failing()) }
            ) { try await $0.digest(of: "\(registry.name)/a:1") }
            if isPublic {
                #expect(outcome == .found(digestA))
            } else {
                #expect(outcome.failure == CheckFailure(.timeout, "the helper did not answer in time"))
            }
        }
    }
}

/// A token service behind the registry's own certificate authority, as Harbor's and GitLab's are.
@Suite struct TokenServiceTLSTests {
    @Test(arguments: [true, false]) func theOwnAuthorityCountsThere(_ isSameOrigin: Bool) async throws {
        let certificates = try await TestCertificates()
        let tokens = try await Nginx(server: #"location / { return 200 '{"token":"t"}'; }"#, tls: certificates)
        let registry = try await Nginx(
            server: """
                location /token { return 200 '{"token":"t"}'; }
                location /v2/ {
                    if ($http_authorization = "Bearer t") { add_header Docker-Content-Digest \(digestA); return 200; }
                    add_header WWW-Authenticate \
                'Bearer realm="https://\(isSameOrigin ? "$http_host" : tokens.name)/token"' always;
                    return 401;
                }
                """, tls: certificates)
        try await withService(
            listed: [registry.name, tokens.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    caFile: certificates.authority)
            }
        ) { try await $0.expect("\(registry.name)/a:1", .found(digestA)) }
    }
}
