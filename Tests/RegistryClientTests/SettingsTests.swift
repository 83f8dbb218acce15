import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

@Suite struct AddressRulesTests {
    static let forbidden4: [[UInt8]] = [
        [0, 0, 0, 0], [10, 1, 2, 3], [100, 64, 0, 1], [100, 100, 100, 200], [100, 127, 255, 255], [127, 0, 0, 1],
        [127, 255, 255, 254], [169, 254, 169, 254], [172, 16, 0, 1], [172, 31, 255, 255], [192, 0, 0, 192],
        [192, 168, 1, 1], [198, 18, 0, 1], [198, 19, 255, 255], [192, 0, 2, 1], [198, 51, 100, 1], [203, 0, 113, 1],
        [224, 0, 0, 1], [239, 255, 255, 255], [240, 0, 0, 1], [255, 255, 255, 255], [168, 63, 129, 16], [], [1, 2, 3],
    ]
    static let public4: [[UInt8]] = [
        [1, 1, 1, 1], [8, 8, 8, 8], [100, 63, 255, 255], [100, 128, 0, 0], [172, 15, 0, 1], [172, 32, 0, 1],
        [192, 167, 1, 1], [169, 253, 1, 1], [223, 255, 255, 255], [198, 20, 0, 1], [192, 0, 1, 1],
    ]

    @Test(arguments: forbidden4) func forbidden(_ bytes: [UInt8]) { #expect(!AddressRules.isPublic(v4: bytes)) }
    @Test(arguments: public4) func allowed(_ bytes: [UInt8]) { #expect(AddressRules.isPublic(v4: bytes)) }

    @Test(arguments: [
        "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fdff::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2001::1", "2001:db8::1", "3fff::1", "100::1", "4000::1",
        "fec0::1",
    ]) func forbidden6(_ text: String) throws { #expect(!AddressRules.isPublic(v6: try bytes(text))) }

    @Test(arguments: [
        "2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::1", "2600:1f18::1",
    ]) func public6(_ text: String) throws { #expect(AddressRules.isPublic(v6: try bytes(text))) }

    private func bytes(_ text: String) throws -> [UInt8] {
        var address = [UInt8](repeating: 0, count: 16)
        #expect(inet_pton(AF_INET6, text, &address) == 1)
        return address
    }
}

@Suite struct RemoteURLTests {
    static let good: [(String, String, String)] = [
        ("https://ghcr.io/v2/", "https://ghcr.io", "/v2/"), ("HTTPS://GHCR.IO", "https://ghcr.io", "/"),
        ("https://ghcr.io:443/a?b=c#d", "https://ghcr.io", "/a?b=c"), ("http://h:80?x", "http://h", "/?x"),
        ("http://localhost:5000/v2", "http://localhost:5000", "/v2"), ("https://h.:8443/", "https://h:8443", "/"),
        ("https://h.example./x", "https://h.example", "/x"), ("https://build./x", "https://build", "/x"),
        ("https://[::1]:5000/", "https://[::1]:5000", "/"), ("https://[0:0:0:0:0:0:0:1]/", "https://[::1]", "/"),
        ("https://registry/x%20y", "https://registry", "/x%20y"),
    ]

    @Test(arguments: good) func isRead(_ text: String, _ origin: String, _ target: String) throws {
        let url = try #require(RemoteURL(parsing: text))
        #expect(url.origin.description == origin)
        #expect(url.target == target)
        #expect(RemoteURL(parsing: url.text) == url)
    }

    @Test(arguments: [
        "", "ghcr.io", "/v2/", "//ghcr.io/", "ftp://h/", "file:///etc/passwd", "https:ghcr.io", "https:///x",
        "https://",
        "https://user@h/", "https://user:pass@h/", "https://h:0/", "https://h:65536/", "https://h:x/", "https://h:/",
        "https://h\\@evil/", "https://h /", "https://h\n/", "https://hä/", "https://h%2e/", "https://[::1/",
        "https://::1/",
        "https://[fe80::1%25eth0]/", "https://h_x/", "https://.h/", "https://-h/", "javascript:alert(1)",
        "https://h/" + String(repeating: "a", count: 10_000), "https://./x",
    ]) func isRefused(_ text: String) {
        #expect(RemoteURL(parsing: text) == nil)
    }

    static let references: [(String, String?)] = [
        ("/x", "https://h:1/x"), ("/x?y", "https://h:1/x?y"), ("?n=2", "https://h:1/v2/a/list?n=2"),
        ("b", "https://h:1/v2/a/b"),
        ("//other/x", "https://other/x"), ("https://other:2/x", "https://other:2/x"), ("http://h:1/", "http://h:1/"),
        ("/x#y", "https://h:1/x"), ("", nil), ("x y", nil), ("ftp://h/", nil), ("https://u:p@h/", nil),
        ("/a:b", "https://h:1/a:b"), ("javascript:x", nil),
    ]

    @Test(arguments: references) func resolves(_ reference: String, _ expected: String?) throws {
        let base = try #require(RemoteURL(parsing: "https://h:1/v2/a/list?n=1"))
        #expect(base.resolving(reference)?.text == expected)
    }
}

@Suite struct PrivateRegistriesTests {
    private func origin(_ text: String) throws -> Origin { try #require(RemoteURL(parsing: text)).origin }

    static let rows: [(String, String, Bool)] = [
        ("registry.corp:5000", "https://registry.corp:5000", true),
        ("Registry.Corp:5000", "https://registry.corp:5000", true),
        ("registry.corp:5000", "https://registry.corp:5001", false),
        ("registry.corp:5000", "https://registry.corp", false),
        ("registry.corp", "https://registry.corp", true), ("registry.corp", "https://registry.corp:22", false),
        ("registry.corp", "http://registry.corp", false), ("localhost", "http://localhost", true),
        ("127.0.0.1:5000", "http://localhost:5000", false), (" a:1 , b:2 ,", "https://b:2", true),
        ("[::1]:5000", "http://[::1]:5000", true), ("[fd00::1]", "https://[fd00::1]", true), ("", "https://h", false),
        ("registry.corp.:5000", "https://registry.corp:5000", true), ("build:5000", "https://build:5000", true),
    ]

    @Test(arguments: rows) func contains(_ list: String, _ url: String, _ expected: Bool) throws {
        #expect(try PrivateRegistries(parsing: list).contains(origin(url)) == expected)
    }

    @Test(arguments: ["https://h", "h:x", "h:0", "a b", "h/path", "*.corp", "10.0.0.0/8", "user@h", ":5000"])
    func refused(_ list: String) {
        #expect(throws: SettingError.self) { try PrivateRegistries(parsing: list) }
    }

    @Test(arguments: [
        ("localhost", true), ("a.localhost", true), ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true),
        ("127.0.0.1.evil.com", false), ("127.evil.com", false), ("localhost.evil.com", false), ("128.0.0.1", false),
        ("127.0.0.256", false),
    ]) func loopback(_ host: String, _ expected: Bool) {
        #expect(PrivateRegistries.isLoopback(host) == expected)
    }

    @Test(arguments: [
        ("https://mirror.corp", "https://mirror.corp"), ("http://10.0.0.1:5000/", "http://10.0.0.1:5000"),
        ("https://nexus.corp/repository/docker/v2/", "https://nexus.corp/repository/docker"),
    ]) func endpoints(_ text: String, _ expected: String) throws {
        #expect(try Endpoint(parsing: text).description == expected)
    }

    @Test(arguments: ["mirror.corp", "https://u:p@h", "https://h/?q", "ftp://h", ""]) func badEndpoints(_ text: String)
    {
        #expect(throws: SettingError.self) { try Endpoint(parsing: text) }
    }
}

@Suite struct CredentialTests {
    private func config(_ text: String) throws -> DockerConfig { try DockerConfig(parsing: Array(text.utf8)) }

    @Test func dockersFile() throws {
        let auth = Data("someone:pa:ss\0".utf8).base64EncodedString()
        let file = try config(
            """
            {"auths":{"https://index.docker.io/v1/":{"auth":"\(auth)"},"ghcr.io":{"username":"u","password":"p"},
             "https://reg.corp:5000":{"identitytoken":"tok","auth":"\(auth)"},"quay.io/org":{"auth":"\(auth)"},
             "empty.io":{},"HTTP://odd host":{"auth":"\(auth)"}},
             "credsStore":"desktop","credHelpers":{"gcr.io":"gcloud"},"proxies":{"x":{}}}
            """)
        #expect(file.credentials(for: .dockerHub) == Credentials(username: "someone", password: "pa:ss"))
        #expect(try file.credentials(for: Registry(parsing: "ghcr.io")) == Credentials(username: "u", password: "p"))
        #expect(try file.credentials(for: Registry(parsing: "reg.corp:5000")) == .identityToken(Secret("tok")))
        for other in ["quay.io", "empty.io", "reg.corp", "ghcr.io:443", "sub.ghcr.io"] {
            #expect(try file.credentials(for: Registry(parsing: other)) == nil)
        }
        #expect(file.credentialsStore == "desktop")
        #expect(try file.credentialHelpers == [Registry(parsing: "gcr.io"): "gcloud"])
    }

    @Test(arguments: [
        "", "x", "[]", "{\"auths\":[]}", "{\"auths\":{\"h.io\":{\"auth\":\"%%%\"}}}",
        "{\"auths\":{\"h.io\":{\"auth\":\"YWJj\"}}}",
    ])
    func badFiles(_ text: String) {
        #expect(throws: SettingError.self) { try config(text) }
    }

    @Test func environmentGoesBeforeTheFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "{\"auths\":{\"docker.io\":{\"username\":\"f\",\"password\":\"f\"},\"h.io\":{\"username\":\"f\",\"password\":\"f\"}}}",
            to: "config.json")
        let environment = ["DOCKER_CONFIG": folder.path, "DOCKERHUB_USERNAME": "e", "DOCKERHUB_PASSWORD": "e"]
        let store = try CredentialStore.standard(environment: environment)
        #expect(try await store.credentials(for: .dockerHub) == Credentials(username: "e", password: "e"))
        #expect(
            try await store.credentials(for: Registry(parsing: "h.io")) == Credentials(username: "f", password: "f"))
        #expect(throws: SettingError.self) { try CredentialStore.standard(environment: ["DOCKERHUB_USERNAME": "e"]) }
        #expect(try await CredentialStore.standard(environment: [:]).credentials(for: .dockerHub) == nil)
        try folder.write("{", to: "config.json")
        let error = #expect(throws: SettingError.self) { try CredentialStore.standard(environment: environment) }
        #expect(error?.description.contains(folder.path) == true)
    }

    @Test func secretsAreNotShown() {
        let credentials = Credentials(username: "someone", password: "hunter2")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in [
            "\(credentials)", String(reflecting: credentials), dumped, "\(Secret("hunter2"))",
            String(reflecting: Secret("hunter2")),
        ] {
            #expect(!text.contains("hunter2"))
        }
    }
}
