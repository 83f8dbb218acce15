import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// Against Debian's `docker-registry` and nginx.
@Suite struct RealRegistryTests {
    @Test func anonymous() async throws {
        let registry = try await DockerRegistry.anonymous()
        let pusher = registry.pusher
        let first = try await pusher.push("team/app", tag: "1", content: "one")
        let index = try await pusher.pushIndex("team/app", tag: "2", content: "two")
        try await withService(listed: [registry.name]) { service in
            try await service.expect("\(registry.name)/team/app:1", .found(first, .ociManifest))
            try await service.expect("\(registry.name)/team/app:2", .found(index, .ociIndex))
            try await service.expect("\(registry.name)/team/app:none", .missing)
            try await service.expect("\(registry.name)/no/such:1", .missing)
            let moved = try await pusher.push("team/app", tag: "1", content: "another")
            #expect(moved != first)
            try await service.expect("\(registry.name)/team/app:1", .found(moved, .ociManifest))
            try await pusher.delete("team/app", digest: moved)
            try await service.expect("\(registry.name)/team/app:1", .missing)
        }
    }

    @Test func lists() async throws {
        let registry = try await DockerRegistry.anonymous()
        for tag in 1...7 { try await registry.pusher.push("a", tag: "\(tag)", content: "same") }
        try await withService(listed: [registry.name]) { service in
            let pages = try await service.pages(of: "\(registry.name)/a")
            #expect(pages.flatMap(\.self).sorted() == (1...7).map(String.init))
            let error = await #expect(throws: CheckFailure.self) {
                try await service.pages(of: "\(registry.name)/none")
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func htpasswd() async throws {
        let registry = try await DockerRegistry.htpasswd(username: "someone", password: "s3cret:x")
        let digest = try await registry.pusher.push("team/app", tag: "1", content: "one")
        let name = try Registry(parsing: registry.name)
        try await withService(listed: [registry.name]) {
            let failure = try await $0.digest(of: "\(registry.name)/team/app:1").failure
            #expect(failure?.code == .unauthorized)
            #expect(failure?.detail.contains("none are set") == true)
        }
        for (password, expected) in [("s3cret:x", DigestOutcome.found(digest, .ociManifest)), ("wrong", nil)] {
            try await withService(
                listed: [registry.name],
                change: {
                    $0.registries[name] = RegistrySettings(
                        credentials: Credentials(username: "someone", password: password))
                }
            ) { service in
                for _ in 0..<3 {
                    let outcome = try await service.digest(of: "\(registry.name)/team/app:1")
                    if let expected {
                        #expect(outcome == expected)
                    } else {
                        #expect(outcome.failure?.code == .unauthorized)
                    }
                }
            }
        }
    }

    @Test func tlsWithAnOwnAuthority() async throws {
        let certificates = try await TestCertificates()
        let registry = try await DockerRegistry(settings: "", tls: certificates)
        let reference = "\(registry.name)/a:1"
        let name = try Registry(parsing: registry.name)
        // Listed, and its certificate not trusted: the plain attempt fails first, and the reason told is the certificate.
        let untrusted = try await withService(listed: [registry.name]) { try await $0.digest(of: reference) }
        #expect(untrusted.failure?.code == .tls)
        #expect(untrusted.failure?.detail.contains("not trusted") == true)
        let trusted = try await withService(
            listed: [registry.name], change: { $0.registries[name] = RegistrySettings(caFile: certificates.authority) }
        ) { try await $0.digest(of: reference) }
        #expect(trusted == .missing)
        #expect(throws: SettingError.self) {
            var configuration = RegistryConfiguration()
            configuration.registries[name] = RegistrySettings(caFile: "/nonexistent")
            _ = try DigestService(configuration: configuration, logger: LogCapture().logger)
        }
    }

    @Test func aCertificateForAnotherName() async throws {
        let certificates = try await TestCertificates(names: ["DNS:elsewhere.example"])
        let nginx = try await Nginx(server: "location / { return 200; }", tls: certificates)
        let outcome = try await withService(
            listed: [nginx.name],
            change: {
                $0.registries[try Registry(parsing: nginx.name)] = RegistrySettings(caFile: certificates.authority)
            }
        ) { try await $0.digest(of: "\(nginx.name)/a:1") }
        #expect(outcome.failure?.code == .tls)
        #expect(outcome.failure?.detail.contains("another name") == true)
        #expect(nginx.accessLog.isEmpty)
    }

    @Test func loopbackOverTLSIsFoundOut() async throws {
        let certificates = try await TestCertificates()
        let nginx = try await Nginx(
            server: "location /v2/ { add_header Docker-Content-Digest \(digestA); return 200 \"{}\"; }",
            tls: certificates)
        let outcome = try await withService(listed: [nginx.name]) { try await $0.digest(of: "\(nginx.name)/a:1") }
        // The certificate is a test's own, so the handshake must fail: but by TLS, after plain HTTP was refused.
        #expect(outcome.failure?.code == .tls)
    }

    @Test func nginxAsAStub() async throws {
        let nginx = try await Nginx(
            server: "location /v2/ { add_header Docker-Content-Digest \(digestA); return 200 \"{}\"; }")
        try await withService(listed: [nginx.name]) { service in
            try await service.expect("\(nginx.name)/a:1", .found(digestA))
        }
    }

    @Test func aRedirectingNginxBeforeTheRegistry() async throws {
        let registry = try await DockerRegistry.anonymous()
        let digest = try await registry.pusher.push("a", tag: "1", content: "one")
        let nginx = try await Nginx(server: "location / { return 307 http://\(registry.name)$request_uri; }")
        try await withService(listed: [nginx.name, registry.name]) {
            try await $0.expect("\(nginx.name)/a:1", .found(digest, .ociManifest))
        }
        try await withService(listed: [nginx.name]) {
            try await $0.expect("\(nginx.name)/a:1", .forbiddenAddress)
        }
    }

    @Test func aRedirectToAnotherPathIsFollowed() async throws {
        let registry = try await DockerRegistry.anonymous()
        let digest = try await registry.pusher.push("a", tag: "1", content: "one")
        let nginx = try await Nginx(
            server: """
                location /v2/ { return 307 /elsewhere$request_uri; }
                location /elsewhere/ { proxy_pass http://\(registry.name)/; proxy_set_header Host $http_host; }
                """)
        try await withService(listed: [nginx.name]) { service in
            try await service.expect("\(nginx.name)/a:1", .found(digest, .ociManifest))
            try await service.expect("\(nginx.name)/a:2", .missing)
            let pages = try await service.pages(of: "\(nginx.name)/a")
            #expect(pages == [["1"]])
        }
        #expect(nginx.accessLog.split(separator: "\n").count { $0.contains("HEAD /elsewhere/v2/a/manifests/1") } == 1)
    }

    /// From TLS to plain HTTP, to no HTTP at all, and to a host that nobody listed.
    @Test(arguments: [
        ("http://REGISTRY", CheckFailure.Code.redirect, "plain HTTP"), ("ftp://REGISTRY", .redirect, "no address"),
        ("https://REGISTRY", .forbiddenAddress, "127.0.0.1"), ("https://10.0.0.1", .forbiddenAddress, "10.0.0.1"),
    ])
    func aRedirectThatIsNotFollowed(_ location: String, _ code: CheckFailure.Code, _ reason: String) async throws {
        let certificates = try await TestCertificates()
        let registry = try await DockerRegistry.anonymous()
        try await registry.pusher.push("a", tag: "1", content: "one")
        let target = location.replacing("REGISTRY", with: registry.name)
        let nginx = try await Nginx(server: "location / { return 307 \(target)$request_uri; }", tls: certificates)
        let outcome = try await withService(
            listed: [nginx.name],
            change: {
                $0.registries[try Registry(parsing: nginx.name)] = RegistrySettings(caFile: certificates.authority)
            }
        ) { try await $0.digest(of: "\(nginx.name)/a:1") }
        #expect(outcome.failure?.code == code)
        #expect(outcome.failure?.detail.contains(reason) == true, "\(outcome)")
    }

    /// As a registry with a maximum of tags a page answers (`MaxTags` of distribution 3, which Debian's does not know):
    /// fewer than were asked for, with a Link to the rest.
    @Test func fewerTagsAPageThanAskedFor() async throws {
        let registry = try await DockerRegistry.anonymous()
        for tag in 1...5 { try await registry.pusher.push("a", tag: "\(tag)", content: "same") }
        let pages = [("", "1,2", "2"), ("2", "3,4", "4"), ("4", "5", "")].map { last, tags, next in
            let names = tags.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
            let link = next.isEmpty ? "" : "add_header Link '</v2/a/tags/list?last=\(next)&n=2>; rel=\"next\"';"
            return "if ($arg_last = \"\(last)\") { \(link) return 200 '{\"name\":\"a\",\"tags\":[\(names)]}'; }"
        }
        let nginx = try await Nginx(
            server: """
                location = /v2/a/tags/list { default_type application/json; \(pages.joined(separator: " ")) }
                location / { proxy_pass http://\(registry.name); }
                """)
        try await withService(listed: [nginx.name, registry.name]) { service in
            let cut = try await service.pages(of: "\(nginx.name)/a")
            #expect(cut == [["1", "2"], ["3", "4"], ["5"]])
            let whole = try await service.pages(of: "\(registry.name)/a")
            #expect(whole.flatMap(\.self).sorted() == cut.flatMap(\.self))
        }
        let asked = nginx.accessLog.split(separator: " ").filter { $0.hasPrefix("/v2/") }
        #expect(
            asked == ["/v2/a/tags/list?n=1000", "/v2/a/tags/list?last=2&n=2", "/v2/a/tags/list?last=4&n=2"])
    }

    @Test func nginxThatLimits() async throws {
        let nginx = try await Nginx(server: "location /v2/ { add_header Retry-After 20 always; return 429; }")
        try await withService(listed: [nginx.name]) { service in
            let outcome = try await service.digest(of: "\(nginx.name)/a:1")
            #expect(outcome.failure?.retryAfter == .seconds(20))
            #expect(service.availability(of: try Registry(parsing: nginx.name)) > .seconds(10))
        }
    }

    @Test func aRegistryThatDiesAndComesBack() async throws {
        let first = try await DockerRegistry.anonymous()
        try await first.pusher.push("a", tag: "1", content: "one")
        try await withService(listed: [first.name]) { service in
            let alive = try await service.digest(of: "\(first.name)/a:1")
            #expect(alive.failure == nil)
            try await first.process.kill9()
            try await service.expect("\(first.name)/a:1", .unreachable)
            let second = try await DockerRegistry(settings: "", port: first.port)
            let digest = try await second.pusher.push("a", tag: "1", content: "two")
            try await service.expect("\(first.name)/a:1", .found(digest, .ociManifest))
        }
    }
}
