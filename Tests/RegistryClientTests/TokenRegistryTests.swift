import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// Debian's `docker-registry` with a token service.
@Suite struct TokenRegistryTests {
    private struct Site {
        let tokens: TokenServer
        let registry: DockerRegistry
        let digest: String
        /// What was pushed goes with it.
        let open: DockerRegistry
    }

    private func site() async throws -> Site {
        let open = try await DockerRegistry.anonymous()
        let digest = try await open.pusher.push("team/app", tag: "1", content: "one")
        try await open.pusher.push("public/app", tag: "1", content: "one")
        let tokens = try await TokenServer(login: ("someone", "s3cret"), publicPaths: ["public/app"])
        return Site(
            tokens: tokens, registry: try await DockerRegistry.token(tokens, data: open.data), digest: digest,
            open: open)
    }

    private func check(_ site: Site, _ path: String, password: String?, at name: String? = nil) async throws
        -> DigestOutcome
    {
        let name = name ?? site.registry.name
        return try await withService(
            listed: [site.registry.name, site.tokens.server.name, name],
            change: {
                if let password {
                    $0.registries[try Registry(parsing: name)] = RegistrySettings(
                        credentials: Credentials(username: "someone", password: password))
                }
            }
        ) { try await $0.digest(of: "\(name)/\(path)") }
    }

    @Test func readsWhatItsLoginMayRead() async throws {
        let site = try await site()
        #expect(try await check(site, "team/app:1", password: "s3cret") == .found(site.digest, .ociManifest))
        #expect(try await check(site, "team/app:2", password: "s3cret") == .missing)
        #expect(try await check(site, "public/app:1", password: nil).failure == nil)
        // A token with less than was asked for.
        #expect(try await check(site, "team/app:1", password: nil).failure?.code == .unauthorized)
        #expect(try await check(site, "team/app:1", password: "wr0ng").failure?.code == .unauthorized)
        #expect(try await check(site, "public/app:1", password: "wr0ng").failure == nil)
    }

    @Test func lists() async throws {
        let site = try await site()
        try await withService(
            listed: [site.registry.name, site.tokens.server.name],
            change: {
                $0.registries[try Registry(parsing: site.registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "someone", password: "s3cret"))
            }
        ) {
            let pages = try await $0.pages(of: "\(site.registry.name)/team/app")
            #expect(pages == [["1"]])
        }
    }

    /// The token goes to the name that was asked, never to where it redirects.
    @Test func behindARedirectingNginx() async throws {
        let site = try await site()
        let nginx = try await Nginx(server: "location / { return 307 http://\(site.registry.name)$request_uri; }")
        let outcome = try await check(site, "team/app:1", password: "s3cret", at: nginx.name)
        #expect(outcome.failure?.code == .unauthorized)
        #expect(site.tokens.server.requests.isEmpty)
    }

    @Test func aRealmOnAPrivateAddressIsNotAsked() async throws {
        let site = try await site()
        // The token service is not listed.
        let outcome = try await withService(listed: [site.registry.name]) {
            try await $0.digest(of: "\(site.registry.name)/public/app:1")
        }
        #expect(outcome.failure?.code == .forbiddenAddress)
        #expect(site.tokens.server.requests.isEmpty)
    }
}
