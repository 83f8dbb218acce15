import AsyncHTTPClient
import Logging
import NIOCore
import NIOPosix
import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer

@Suite struct GuardTests {
    @Test(arguments: [
        "localhost/a:1", "127.0.0.1/a:1", "127.1/a:1", "0x7f.1/a:1", "0.0.0.0/a:1", "10.0.0.1/a:1", "192.168.0.1/a:1",
        "172.16.0.1/a:1", "169.254.169.254/a:1", "100.64.0.1/a:1", "[::1]/a:1", "[fd00:ec2::254]/a:1", "[fe80::1]/a:1",
        "[::ffff:7f00:1]/a:1", "[64:ff9b::7f00:1]/a:1", "[2002:7f00:1::]/a:1", "[::]/a:1", "255.255.255.255/a:1",
        "224.0.0.1/a:1", "2130706433./a:1", "0177.0.0.1/a:1",
    ]) func privateAddressesAreRefused(_ reference: String) async throws {
        let outcome = try await withService { try await $0.digest(of: reference) }
        #expect(outcome.failure?.code == .forbiddenAddress, "\(outcome)")
    }

    @Test(arguments: [
        "ghcr.io:22/a:1", "ghcr.io:80/a:1", "ghcr.io:8443/a:1", "1.1.1.1:5000/a:1", "localhost:5432/a:1",
        "127.0.0.1:6379/a:1",
    ])
    func unlistedPortsAreRefused(_ reference: String) async throws {
        let outcome = try await withService { try await $0.digest(of: reference) }
        #expect(outcome.failure?.code == .forbiddenAddress)
        #expect(outcome.failure?.detail.contains("port") == true)
    }

    @Test func nothingIsSentToAnUnlistedRegistry() async throws {
        let server = try await RawServer(answering: "HTTP/1.1 200 OK\r\n\r\n")
        let other = try await ScriptedRegistry([:])
        try await withService(listed: [other.name]) {
            for name in ["127.0.0.1:\(server.port)", "localhost:\(server.port)", "[::1]:\(server.port)"] {
                try await $0.expect("\(name)/a:1", .forbiddenAddress)
            }
        }
        #expect(server.connections == 0)
    }

    /// A name that looks public when it is looked up, and is loopback when it is connected to.
    @Test func theConnectedAddressIsWhatCounts() async throws {
        let server = try await RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(NIOSingletons.posixEventLoopGroup),
            configuration: HTTPClients.guarded(RegistryConfiguration()))
        for _ in 0..<3 {
            await #expect(throws: ForbiddenAddressError.self) {
                try await client.execute(
                    HTTPClientRequest(url: "http://localhost:\(server.port)/v2/"), timeout: .seconds(5))
            }
        }
        try await client.shutdown()
        #expect(try await eventually { server.connections >= 3 })
        #expect(server.received.isEmpty)
    }

    @Test func aNameThatResolvesToBothIsRefused() async throws {
        let resolver = HostResolver { host in
            let addresses = host == "mixed.example" ? ["1.1.1.1", "10.0.0.1"] : []
            return addresses.compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
        }
        try await withService(resolver: resolver) {
            try await $0.expect("mixed.example/a:1", .forbiddenAddress)
            try await $0.expect("none.example/a:1", .unreachable)
        }
    }

    @Test func aResolverThatHangsDoesNotHoldTheCheck() async throws {
        let resolver = HostResolver { _ in
            try? await Task.sleep(for: .seconds(30))
            return []
        }
        let outcome = try await withService(resolver: resolver, change: { $0.timeouts.connect = .milliseconds(200) }) {
            try await $0.digest(of: "slow.example/a:1")
        }
        #expect(outcome.failure?.code == .timeout)
    }

    /// A guarded chain may not use what is listed: else anybody's registry could send the worker there.
    @Test func aPublicRegistryCannotLeadToAListedOne() throws {
        let policy = ConnectionPolicy(
            privateRegistries: try PrivateRegistries(parsing: "registry.corp:5000,127.0.0.1:5001,inside.corp"),
            configured: [Origin(scheme: .http, host: "mirror.corp", port: 80)])
        func admit(_ text: String, _ trust: Trust) -> Trust? {
            guard let origin = RemoteURL(parsing: text)?.origin else { return nil }
            return try? policy.admit(origin, in: trust)
        }
        for url in ["https://registry.corp:5000", "http://127.0.0.1:5001", "http://mirror.corp", "http://example.com"] {
            #expect(admit(url, .guarded) == nil)
        }
        // Listed by name, but still only through the client that refuses private addresses.
        #expect(admit("https://inside.corp", .guarded) == .guarded)
        #expect(admit("https://example.com", .guarded) == .guarded)
        for url in [
            "https://registry.corp:5000", "http://127.0.0.1:5001", "https://127.0.0.1:5001", "http://mirror.corp",
            "https://inside.corp",
        ] {
            #expect(admit(url, .trusted) == .trusted)
        }
        #expect(admit("https://example.com", .trusted) == .guarded)
        // A host that is listed but not loopback speaks HTTPS alone; other ports of a listed host are not listed.
        for url in [
            "http://registry.corp:5000", "https://registry.corp:5001", "http://127.0.0.1:5002",
            "https://mirror.corp:8443", "http://inside.corp",
        ] {
            #expect(admit(url, .trusted) == nil)
        }
    }

    @Test func aRealmElsewhereOnLoopbackMustBeListed() async throws {
        let realm = try await ScriptedRegistry { _ in Answer(200, [], .text("{\"token\":\"t\"}")) }
        let registry = try await ScriptedRegistry { request in
            request.header("Authorization") == "Bearer t"
                ? Answer(200, [("Docker-Content-Digest", digestA)])
                : Answer(401, [("WWW-Authenticate", "Bearer realm=\"http://\(realm.name)/token\",service=\"s\"")])
        }
        let refused = try await withService(listed: [registry.name]) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(refused.failure?.code == .forbiddenAddress)
        #expect(realm.requests.isEmpty)
        let allowed = try await withService(listed: [registry.name, realm.name]) {
            try await $0.digest(of: "\(registry.name)/a:1")
        }
        #expect(allowed == .found(digestA))
    }

    @Test(arguments: [
        "http://10.0.0.1/token", "https://10.0.0.1/token", "https://169.254.169.254/token", "https://localhost:9/token",
    ])
    func aRealmOnAPrivateAddress(_ realm: String) async throws {
        let registry = try await ScriptedRegistry { _ in
            Answer(401, [("WWW-Authenticate", "Bearer realm=\"\(realm)\"")])
        }
        let outcome = try await withService(
            listed: [registry.name],
            change: {
                $0.registries[try Registry(parsing: registry.name)] = RegistrySettings(
                    credentials: Credentials(username: "u", password: "p"))
            }
        ) { try await $0.digest(of: "\(registry.name)/a:1") }
        #expect(outcome.failure?.code == .forbiddenAddress)
    }

    @Test func theOperatorsEndpointMayBePrivateAndPlain() async throws {
        let registry = try await ScriptedRegistry { request in
            request.target.hasPrefix("/mirror/v2/library/python/manifests/")
                ? Answer(200, [("Docker-Content-Digest", digestA)]) : Answer(404)
        }
        let outcome = try await withService(
            change: {
                $0.registries[.dockerHub] = RegistrySettings(
                    endpoint: try Endpoint(parsing: "http://\(registry.name)/mirror/"))
            }
        ) { try await $0.digest(of: "python:3.12") }
        #expect(outcome == .found(digestA))
        // But only for that registry: the address itself stays refused.
        let direct = try await withService(
            change: {
                $0.registries[.dockerHub] = RegistrySettings(endpoint: try Endpoint(parsing: "http://\(registry.name)"))
            }
        ) { try await $0.digest(of: "\(registry.name)/library/python:1") }
        #expect(direct.failure?.code == .forbiddenAddress)
    }

    @Test func endpointsOfNames() throws {
        func endpoints(_ name: String, listed: String = "") throws -> [String] {
            RegistryLane.endpoints(try Registry(parsing: name), nil, try PrivateRegistries(parsing: listed)).map(
                \.description)
        }
        #expect(try endpoints("docker.io") == ["https://registry-1.docker.io"])
        #expect(try endpoints("ghcr.io") == ["https://ghcr.io"])
        #expect(try endpoints("EXAMPLE") == ["https://example"])
        #expect(try endpoints("example.") == ["https://example"])
        #expect(try endpoints("registry.corp:5000", listed: "registry.corp:5000") == ["https://registry.corp:5000"])
        #expect(try endpoints("localhost:5000") == ["https://localhost:5000"])
        #expect(
            try endpoints("localhost:5000", listed: "localhost:5000") == [
                "http://localhost:5000", "https://localhost:5000",
            ])
        #expect(try endpoints("localhost", listed: "localhost") == ["http://localhost", "https://localhost"])
        #expect(try endpoints("[::1]:5000", listed: "[::1]:5000") == ["http://[::1]:5000", "https://[::1]:5000"])
    }
}
