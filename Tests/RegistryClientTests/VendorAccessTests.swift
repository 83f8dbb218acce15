import NIOCore
import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

/// Who is shown what: vendors' APIs and credentials.
@Suite struct VendorAccessTests {
    private static let gitHub = Credentials(username: "someone", password: "ghp_1")

    @Test(arguments: [("orgs", true, 10), ("users", true, 11), ("orgs", false, 11), ("users", false, 12)])
    func gitHubsVersionsAreListed(_ owners: String, _ sendsLinks: Bool, _ most: Int) async throws {
        try await withVendor(
            .ghcr, { VendorFakes.gitHub($0, owners: owners, tags: 200, sendsLinks: sendsLinks) }, repository: "p/a/b"
        ) {
            $0.registries[try Registry(parsing: "registry.test")]?.credentials = Self.gitHub
        } _: { service, repository, fake in
            #expect(await service.bulkSource(of: repository) != nil)
            let whole = try await service.whole(repository)
            #expect(fake.requests.count <= most)
            #expect(whole.tags.map(\.tag.name) == (0..<200).map { "t\($0)" })
            #expect(whole.tags.map(\.digest?.description) == (0..<200).map { VendorFakes.digest($0 * 5) })
            #expect(whole.tags.first?.pushedAt?.description == "2026-01-31T12:00:00Z")
            // What the owner is, is known from then on.
            let count = fake.requests.count
            _ = try await service.whole(repository)
            #expect(fake.requests.count - count == (sendsLinks ? 10 : 11))
        }
    }

    @Test func aSpentHourIsNoRefusal() async throws {
        let reset = Int(Timestamp.now().secondsSinceEpoch) + 600
        try await withVendor(
            .ghcr,
            { _ in Answer(403, [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "\(reset)")]) },
            repository: "p/a/b"
        ) {
            $0.registries[try Registry(parsing: "registry.test")]?.credentials = Self.gitHub
        } _: { service, repository, _ in
            let failure = await service.failure(repository)
            #expect(failure?.code == .rateLimited)
            #expect(failure?.retryAfter ?? .zero > .seconds(500))
            #expect(await service.bulkSource(of: repository) != nil)
        }
    }

    /// The credentials of `ghcr.io` stay there unless the operator wrote the API's place beside them.
    @Test func gitHubsTokenGoesToTheHostItIsSetForOnly() async throws {
        let (ghcr, api) = (try Registry(parsing: "ghcr.io"), try Registry(parsing: "api.github.com"))
        let place = BulkEndpoint.at(try Endpoint(parsing: "https://api.github.com"))
        let settings = RegistrySettings(credentials: Self.gitHub)
        var named = settings
        named.bulkEndpoint = place
        let rows: [([Registry: RegistrySettings], Bool)] = [
            ([:], false), ([ghcr: settings], false), ([api: settings], true), ([ghcr: named], true),
        ]
        let url = try #require(RemoteURL(parsing: "https://api.github.com/orgs"))
        let others = ["https://ghcr.io.evil.example/", "https://api.github.com:8443/", "http://api.github.com/"]
        for (registries, isShown) in rows {
            try await withService(change: { $0.registries = registries }) { service in
                let shown = try await service.bulkAuthorization(for: url, of: ghcr)
                #expect(shown == (isShown ? Secret("Bearer ghp_1") : nil))
                let offered = await service.bulkSource(of: try Repository(parsing: "ghcr.io/p/a"))
                #expect((offered != nil) == isShown)
                for text in others {
                    let other = try #require(RemoteURL(parsing: text))
                    #expect(try await service.bulkAuthorization(for: other, of: ghcr) == nil)
                }
            }
        }
    }

    @Test func harborIsShownTheRegistrysPasswordAtTheRegistrysOwnPlace() async throws {
        let login = Credentials(username: "robot$p", password: "secret")
        let elsewhere = try await ScriptedRegistry { _ in Answer(200, [], .text("[]")) }
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer = { request in
            guard request.header("Authorization") != nil else { return Answer(401) }
            return VendorFakes.page(request) == 1
                ? VendorFakes.harbor(request, tags: 101)
                : Answer(307, [("Location", "http://\(elsewhere.name)/")])
        }
        try await withVendor(.harbor, answer, repository: "p/a/b") {
            $0.privateRegistries = try PrivateRegistries(parsing: elsewhere.name)
            $0.registries[try Registry(parsing: "registry.test")]?.credentials = login
            $0.registries[try Registry(parsing: "registry.test")]?.bulkEndpoint = .usual
        } _: { service, repository, fake in
            let whole = try await service.whole(repository)
            #expect(whole.tags.count == 100)
            #expect(whole.tags[0].platforms.map(\.platform.description) == ["linux/arm64"])
            #expect(fake.requests.allSatisfy { $0.header("Authorization") == "Basic cm9ib3QkcDpzZWNyZXQ=" })
            #expect(elsewhere.requests.count == 1)
            #expect(elsewhere.requests.allSatisfy { $0.header("Authorization") == nil })
        }
    }

    /// The token for listing is another than the one for pulling, and neither drives out the other.
    @Test func listingAndPullingHaveTheirOwnTokens() async throws {
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer = { request in
            let host = request.header("Host") ?? ""
            if request.target.hasPrefix("/oauth2/token"), request.target.contains(":pull") {
                return Answer(200, [], .text("{\"access_token\":\"pull\"}"))
            }
            guard request.target.hasPrefix("/v2/") else { return VendorFakes.acr(request, tags: 3) }
            guard request.header("Authorization") == "Bearer pull" else {
                let scope = "repository:p/a:pull"
                return Answer(
                    401, [("WWW-Authenticate", "Bearer realm=\"http://\(host)/oauth2/token\",scope=\"\(scope)\"")])
            }
            return Answer(200, [("Docker-Content-Digest", digestA)])
        }
        try await withVendor(.acr, answer) { service, repository, fake in
            for _ in 0..<3 {
                try await service.expect("\(repository):1", .found(digestA))
                #expect(try await service.whole(repository).tags.count == 3)
            }
            // Each is refused once at most, and gets its token once.
            #expect(fake.requests.filter { $0.target.hasPrefix("/oauth2") }.count == 2)
            #expect(fake.requests.count <= 10)
        }
    }

    @Test(arguments: [true, false]) func acrsPagesAreFollowed(_ sendsLinks: Bool) async throws {
        try await withVendor(.acr, { VendorFakes.acr($0, tags: 2_500, sendsLinks: sendsLinks) }) {
            service, repository, fake in
            let whole = try await service.whole(repository)
            #expect(Set(whole.tags.map(\.tag.name)).count == 2_500)
            #expect(fake.requests.filter { $0.target.hasPrefix("/acr") }.count <= 4)
        }
    }

    /// A bulk endpoint in the settings is trusted as an endpoint is; the usual one is not.
    @Test func onlyWhatTheOperatorWroteMayBePrivate() async throws {
        let fake = try await ScriptedRegistry { VendorFakes.dockerHub($0, tags: 5) }
        let repository = try Repository(parsing: "python")
        try await withService {
            $0.registries[.dockerHub] = RegistrySettings()
            $0.registries[.dockerHub]?.bulkEndpoint = .at(try Endpoint(parsing: "http://\(fake.name)"))
        } _: { service in
            let whole = try await service.whole(repository)
            #expect(whole.tags.count == 5)
            #expect(fake.requests.map(\.line) == ["GET /v2/namespaces/library/repositories/python/tags"])
        }
        let loopback = try SocketAddress(ipAddress: "127.0.0.1", port: 443)
        let resolver = HostResolver { _ in [loopback] }
        try await withService(resolver: resolver) { service in
            let failure = await service.failure(repository)
            #expect(failure?.code == .forbiddenAddress)
            #expect(failure?.detail.contains("hub.docker.com") == true)
        }
    }
}
