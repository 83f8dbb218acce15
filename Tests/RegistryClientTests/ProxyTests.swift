import NIOCore
import OCI
import TestSupport
import Testing

@testable import RegistryClient

@Suite struct ProxySettingsTests {
    static let proxies: [(String, String?)] = [
        ("http://proxy.corp:3128", "http://proxy.corp:3128"), ("proxy.corp:3128/", "http://proxy.corp:3128"),
        ("http://proxy.corp", "http://proxy.corp:80"), ("socks5://10.0.0.1", "socks5://10.0.0.1:1080"),
        ("socks5h://[fd00::1]:9050", "socks5://fd00::1:9050"), ("HTTP://u:p@proxy:1", "http://•••@proxy:1"),
        ("http://u:p%40@/hush@proxy:1", "http://•••@proxy:1"), ("https://proxy:1", nil), ("ftp://proxy", nil),
        ("http://", nil), ("http://u:%zz@proxy", nil), ("http://a b", nil), ("socks5://u:p@proxy", nil),
        ("http://proxy:0", nil),
    ]

    @Test(arguments: proxies) func urls(_ text: String, _ expected: String?) {
        #expect((try? Proxy(parsing: text, variable: "X"))?.description == expected)
    }

    @Test func aWrongProxyIsNamedWithoutItsPassword() {
        let error = #expect(throws: SettingError.self) {
            _ = try ProxySettings(environment: ["HTTPS_PROXY": "https://me:hush@proxy.corp"])
        }
        #expect(error?.description.hasPrefix("HTTPS_PROXY is a proxy that is itself spoken to by TLS") == true)
        #expect(error?.description.contains("hush") == false)
    }

    @Test func aLoginIsDecodedAndNeverShown() throws {
        let proxy = try Proxy(parsing: "http://me:p%40ss%3A@proxy:1", variable: "X")
        #expect(proxy.login == .init(username: "me", password: Secret("p@ss:")))
        #expect(!"\(proxy) \(String(reflecting: proxy))".contains("p@ss"))
    }

    /// Environment, URL, and the proxy's port.
    static let choices: [([String: String], String, Int?)] = [
        (["https_proxy": "p:1", "HTTPS_PROXY": "p:2"], "https://r.example", 1),
        (["https_proxy": " ", "HTTPS_PROXY": "p:2"], "https://r.example", 2),
        (["HTTPS_PROXY": "p:2"], "http://r.example", nil), (["HTTP_PROXY": "p:3"], "http://r.example", 3),
        (["HTTP_PROXY": "p:3"], "https://r.example", nil), (["ALL_PROXY": "p:4"], "https://r.example", 4),
        (["ALL_PROXY": "p:4", "HTTPS_PROXY": "p:1"], "http://r.example", 4),
        (["ALL_PROXY": "p:4"], "http://localhost:5000", nil), (["ALL_PROXY": "p:4"], "http://127.0.0.1", nil),
        (["ALL_PROXY": "p:4"], "http://[::1]:5000", nil), (["ALL_PROXY": "p:4"], "http://169.254.169.254", nil),
        (["ALL_PROXY": "p:4"], "http://[fd00:ec2::254]", nil),
        (["ALL_PROXY": "p:4"], "http://metadata.google.internal", nil), ([:], "https://r.example", nil),
    ]

    @Test(arguments: choices) func chooses(_ environment: [String: String], _ url: String, _ port: Int?) throws {
        let origin = try #require(RemoteURL(parsing: url)).origin
        #expect(try ProxySettings(environment: environment).proxy(for: origin)?.port == port)
    }

    static let exceptions: [(String, String, Bool)] = [
        ("*", "https://r.example", true), ("r.example", "https://r.example", true),
        ("example", "https://r.example", true), (".example", "https://r.example", true),
        (".r.example", "https://r.example", true), ("*.example", "https://r.example", true),
        ("ample", "https://r.example", false), ("other,r.example", "https://r.example", true),
        ("other r.example", "https://r.example", true), ("R.Example", "https://r.example", true),
        ("r.example:443", "https://r.example", true), ("r.example:5000", "https://r.example", false),
        ("r.example:5000", "https://r.example:5000", true), ("10.0.0.0/8", "https://10.1.2.3", true),
        ("10.0.0.0/8", "https://11.1.2.3", false), ("10.1.2.3", "https://10.1.2.3:5000", true),
        ("10.1.2.3:5000", "https://10.1.2.3:5000", true), ("10.1.2.3:5000", "https://10.1.2.3", false),
        ("192.168.1.128/25", "https://192.168.1.127", false), ("192.168.1.128/25", "https://192.168.1.129", true),
        ("fd00::/8", "https://[fd12::1]", true), ("[fd12::1]", "https://[fd12::1]", true),
        ("fd00::/8", "https://10.0.0.1", false), ("10.0.0.0/33", "https://10.0.0.1", false),
        ("0.3", "https://10.1.0.3", false),
        ("", "https://r.example", false), (",,", "https://r.example", false), ("http://x/y", "https://x", false),
    ]

    @Test(arguments: exceptions) func noProxy(_ text: String, _ url: String, _ expected: Bool) throws {
        let origin = try #require(RemoteURL(parsing: url)).origin
        #expect(ProxyExceptions(parsing: text).contains(origin) == expected)
    }

    @Test(arguments: [
        ("registry.example.com", false), ("8.8.8.8", false), ("10.0.0.1", true), ("::1", true), ("fd00::1", true),
        ("localhost", true), ("a.localhost", true), ("build", true), ("metadata.google.internal", true),
        ("printer.local", true), ("nas.home.arpa", true), ("git.corp", true), ("127.1", true), ("1.2.3.0x7f", true),
        ("2606:4700::1111", false),
    ]) func textsThatLeadInside(_ host: String, _ expected: Bool) {
        #expect(ProxyGuard.isInside(host) == expected)
    }
}

@Suite struct ProxyTests {
    /// Through Debian's tinyproxy. The operator's endpoint is this machine, by an address that is not loopback's own.
    @Test(arguments: [
        ("someone:s3cret@", nil), ("someone:wr0ng@", "the proxy refuses the way to 0.0.0.0"),
        ("", "the proxy on the way to 0.0.0.0"),
    ])
    func tinyproxy(_ login: String, _ expected: String?) async throws {
        let registry = try await DockerRegistry.anonymous()
        let digest = try await registry.pusher.push("a", tag: "1", content: "one")
        let proxy = try await TinyProxy(login: ("someone", "s3cret"))
        let log = LogCapture()
        try await withService(
            logger: log.logger,
            change: {
                $0.registries[try Registry(parsing: "registry.corp")] = RegistrySettings(
                    endpoint: try Endpoint(parsing: "http://0.0.0.0:\(registry.port)"))
                $0.proxies = try ProxySettings(environment: [
                    "http_proxy": "http://\(login)127.0.0.1:\(proxy.port)"
                ])
            }
        ) { service in
            let outcome = try await service.digest(of: "registry.corp/a:1")
            guard let expected else {
                #expect(outcome == .found(digest, .ociManifest))
                #expect(proxy.log.contains("CONNECT 0.0.0.0:\(registry.port)"))
                return
            }
            #expect(outcome.failure?.code == .unreachable)
            #expect(outcome.failure?.detail.hasPrefix(expected) == true, "\(outcome)")
            #expect(outcome.failure?.detail.contains("wr0ng") == false)
        }
        #expect(!log.text.contains("s3cret") && !log.text.contains("wr0ng"))
    }

    @Test func aProxyThatIsAwayIsNamed() async throws {
        let port = try await FreePort.find()
        try await withService(
            change: { $0.proxies = try ProxySettings(environment: ["HTTPS_PROXY": "http://u:p@127.0.0.1:\(port)"]) }
        ) { service in
            let failure = try await service.digest(of: "registry.example.org/a:1").failure
            #expect(failure?.code == .unreachable)
            #expect(
                failure?.detail
                    == "the proxy on the way to registry.example.org: 127.0.0.1:\(port) cannot be reached: connection refused"
            )
        }
    }

    private func resolver(_ addresses: [String: String]) -> HostResolver {
        HostResolver { host in
            (try? SocketAddress(ipAddress: addresses[host] ?? host, port: 443)).map { [$0] } ?? []
        }
    }

    /// What a visitor types, behind a proxy: names that are known here, and names that only the proxy knows.
    @Test func whatIsTypedGoesThroughTheProxy() async throws {
        let certificates = try await TestCertificates(names: ["DNS:known.example.com", "DNS:unknown.example.com"])
        let nginx = try await Nginx(
            server: "location /v2/ { add_header Docker-Content-Digest \(digestA); return 200 \"{}\"; }",
            tls: certificates)
        let proxy = try await ConnectProxy(to: nginx.port, authorization: "Basic dTpw")
        let names = ["known.example.com", "unknown.example.com", "inside.example.com", "excepted.example.com"]
        try await withService(
            resolver: resolver([
                "known.example.com": "8.8.8.8", "inside.example.com": "10.0.0.1", "localhost": "127.0.0.1",
                "metadata.google.internal": "169.254.169.254",
            ]),
            change: {
                for name in names {
                    $0.registries[try Registry(parsing: name)] = RegistrySettings(caFile: certificates.authority)
                }
                $0.proxies = try ProxySettings(environment: [
                    "HTTPS_PROXY": "http://u:p@127.0.0.1:\(proxy.port)", "NO_PROXY": "excepted.example.com",
                ])
            }
        ) { service in
            try await service.expect("known.example.com/a:1", .found(digestA))
            try await service.expect("unknown.example.com/a:1", .found(digestA))
            try await service.expect("inside.example.com/a:1", .forbiddenAddress)
            try await service.expect("excepted.example.com/a:1", .unreachable)
            for typed in [
                "10.0.0.1/a:1", "127.0.0.1/a:1", "[::1]/a:1", "localhost/a:1", "metadata.google.internal/a:1",
                "169.254.169.254/a:1", "git.corp/a:1", "known.example.com:22/a:1", "127.1/a:1",
            ] {
                try await service.expect(typed, .forbiddenAddress)
            }
        }
        #expect(
            Set(proxy.lines) == [
                "CONNECT known.example.com:443 HTTP/1.1", "CONNECT unknown.example.com:443 HTTP/1.1",
            ])
    }

    @Test func aCertificateOfAnotherNameIsRefusedBehindAProxyToo() async throws {
        let certificates = try await TestCertificates(names: ["DNS:elsewhere.example"])
        let nginx = try await Nginx(server: "location / { return 200; }", tls: certificates)
        let proxy = try await ConnectProxy(to: nginx.port)
        let outcome = try await withService(
            resolver: resolver([:]),
            change: {
                $0.registries[try Registry(parsing: "r.example.com")] = RegistrySettings(caFile: certificates.authority)
                $0.proxies = try ProxySettings(environment: ["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"])
            }
        ) { try await $0.digest(of: "r.example.com/a:1") }
        #expect(outcome.failure?.code == .tls)
        #expect(nginx.accessLog.isEmpty)
    }

    /// The password goes to the proxy alone, and the registry's to the registry alone.
    @Test func loginsStayApart() async throws {
        let registry = try await ScriptedRegistry { request in
            request.header("Authorization") == nil
                ? .init(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
                : .init(200, [("Docker-Content-Digest", digestA)])
        }
        let proxy = try await ConnectProxy(to: registry.port, authorization: "Basic dTpw")
        try await withService(
            change: {
                $0.registries[try Registry(parsing: "registry.corp")] = RegistrySettings(
                    endpoint: try Endpoint(parsing: "http://registry.corp:5000"),
                    credentials: Credentials(username: "me", password: "mine"))
                $0.proxies = try ProxySettings(environment: ["ALL_PROXY": "http://u:p@127.0.0.1:\(proxy.port)"])
            }
        ) { try await $0.expect("registry.corp/a:1", .found(digestA)) }
        #expect(registry.requests.allSatisfy { $0.header("Proxy-Authorization") == nil })
        #expect(proxy.requests.allSatisfy { !$0.contains("bWU6bWluZQ") && $0.hasPrefix("CONNECT registry.corp:5000 ") })
        #expect(registry.requests.count == 2)
    }
}
