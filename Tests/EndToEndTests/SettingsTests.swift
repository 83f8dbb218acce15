import Foundation
import Glibc
import Logging
import OCI
import RegistryClient
import TagHistory
import Testing

@testable import Tagbeat

@Suite struct SettingsTests {
    static let home = ["HOME": "/home/someone"]

    /// Writes a YAML file for one test.
    func withFile<T>(_ yaml: String, _ body: (String) throws -> T) throws -> T {
        let path = FileManager.default.temporaryDirectory.path + "/tagbeat-settings-\(UUID().uuidString).yaml"
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    private func load(
        flags: [Setting: String] = [:], _ environment: [String: String] = [:], yaml: String
    ) throws -> Settings {
        try withFile(yaml) { path in
            try Settings.load(
                flags: flags,
                environment: environment.merging(Self.home) { $1 }.merging(["TAGBEAT_CONFIG": path]) { $1 })
        }
    }

    @Test func defaults() throws {
        let settings = try Settings.load(environment: Self.home)
        #expect(settings.databaseURL == nil)
        #expect(settings.listen.description == "127.0.0.1:8080")
        #expect(settings.dataDirectory == (geteuid() == 0 ? "/var/lib/tagbeat" : "/home/someone/.local/share/tagbeat"))
        #expect(settings.publicTracking)
        #expect(settings.starter == .on)
        #expect(settings.checkInterval == nil)
        #expect(settings.maxTracked == 100_000)
        #expect(settings.retireUnviewed == .seconds(2 * 365 * 86400))
        #expect(settings.requestsPerSecond == 10)
        #expect(settings.logLevel == .info)
        #expect(settings.logFormat == .plain)
        #expect(settings.dockerConfig == "/home/someone/.docker")
        #expect(settings.registries.isEmpty)
        #expect(settings.warnings.isEmpty)
    }

    @Test(
        arguments: [
            // flag, environment, file → what counts
            ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:1"),
            (nil, "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:2"),
            (nil, nil, "127.0.0.1:3", "127.0.0.1:3"),
            (nil, "", "127.0.0.1:3", "127.0.0.1:3"),
            ("", " ", nil, "127.0.0.1:8080"),
            (nil, nil, "~", "127.0.0.1:8080"),
            (nil, nil, "'127.0.0.1:${PORT}'", "127.0.0.1:9"),
            (nil, nil, "127.0.0.1:${NONE:-10}", "127.0.0.1:10"),
            (nil, nil, "127.0.0.1:${EMPTY:-11}", "127.0.0.1:11"),
        ] as [(String?, String?, String?, String)])
    func precedence(_ flag: String?, _ variable: String?, _ file: String?, _ expected: String) throws {
        var environment = ["PORT": "9", "EMPTY": ""]
        environment["TAGBEAT_LISTEN"] = variable
        let settings = try load(
            flags: flag.map { [.listen: $0] } ?? [:], environment, yaml: file.map { "listen: \($0)" } ?? "# nothing\n")
        #expect(settings.listen.description == expected)
    }

    @Test(arguments: [
        ("plain", "plain"), ("${A}", "a"), ("x${A}y${B:-b}z", "xaybz"), ("$A", "$A"), ("$${A}", "${A}"),
        ("cost $5", "cost $5"),
        ("${E}", ""), ("${E:-d}", "d"), ("${A:-d}", "a"), ("${N:-}", ""), ("${N:-a:-b}", "a:-b"),
    ])
    func substitution(_ text: String, _ expected: String) throws {
        #expect(try Substitution.expand(text, environment: ["A": "a", "E": ""]) == expected)
    }

    @Test(arguments: [
        ("${N}", Substitution.Failure.unset("N")), ("${A", .malformed), ("${}", .malformed), ("${A-b}", .malformed),
        ("${1A}", .malformed),
    ])
    func substitutionFailures(_ text: String, _ failure: Substitution.Failure) {
        #expect(throws: failure) { try Substitution.expand(text, environment: ["A": "a"]) }
    }

    @Test func secretsFromFiles() throws {
        try withFile("from-a-file\n") { path in
            let settings = try Settings.load(environment: ["TAGBEAT_ADMIN_TOKEN_FILE": path])
            #expect(settings.adminToken?.revealed == "from-a-file")
            #expect(try load(yaml: "adminTokenFile: \(path)").adminToken?.revealed == "from-a-file")
            // A flag's value goes before the environment's file.
            let flagged = try Settings.load(
                flags: [.adminToken: "flag"], environment: ["TAGBEAT_ADMIN_TOKEN_FILE": path])
            #expect(flagged.adminToken?.revealed == "flag")
            let error = #expect(throws: SettingsError.self) {
                _ = try Settings.load(
                    environment: ["TAGBEAT_ADMIN_TOKEN_FILE": path, "TAGBEAT_ADMIN_TOKEN": "hush-hush"])
            }
            #expect(
                error?.description == "TAGBEAT_ADMIN_TOKEN and TAGBEAT_ADMIN_TOKEN_FILE are both set. Set one of them.")
        }
    }

    @Test func registriesAndRepositories() throws {
        let settings = try load(
            ["HUB_PASSWORD": "s3cret"],
            yaml: """
                privateRegistries: [localhost:5000, "10.0.0.1"]
                trustedProxies: 10.0.0.0/8, ::1
                registries:
                  index.docker.io:
                    endpoint: https://mirror.example/
                    bulkEndpoint: none
                    vendor: dockerhub
                    requestsPerSecond: 2.5
                    username: someone
                    password: ${HUB_PASSWORD}
                    caFile: /etc/ssl/corp.pem
                    clientCertificateFile: /etc/ssl/me.pem
                    clientKeyFile: /etc/ssl/me.key
                  localhost:5000:
                  harbor.example: {vendor: harbor, bulkEndpoint: "https://api.example/v2/"}
                repositories:
                  - image: python
                    select: {semver: ">=3.11", exclude: "*-windows*", keep: 50}
                  - image: ghcr.io/a/b
                    select:
                      glob: [v*, "1.*"]
                      regex: ^v\\d+$
                """)
        #expect(settings.privateRegistries.map(\.description) == ["localhost:5000", "10.0.0.1"])
        #expect(settings.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1"])
        let hub = try #require(settings.registries.first)
        #expect(hub.registry == .dockerHub)
        #expect(hub.endpoint == "https://mirror.example")
        #expect(hub.bulkEndpoint == .none)
        #expect(hub.vendor == .dockerHub)
        #expect(hub.requestsPerSecond == 2.5)
        #expect(hub.username == "someone")
        #expect(hub.password?.revealed == "s3cret")
        #expect(hub.caFile == "/etc/ssl/corp.pem")
        #expect(hub.clientCertificateFile == "/etc/ssl/me.pem")
        #expect(hub.clientKeyFile == "/etc/ssl/me.key")
        #expect(settings.registries[2].bulkEndpoint == .at(try Endpoint(parsing: "https://api.example")))
        #expect(settings.registries[1] == RegistryEntry(registry: try Registry(parsing: "localhost:5000")))
        #expect(settings.repositories.map(\.repository.description) == ["docker.io/library/python", "ghcr.io/a/b"])
        #expect(
            settings.repositories[0].selection
                == (try TagSelection(semver: ">=3.11", excludes: ["*-windows*"], keep: 50)))
        #expect(
            settings.repositories[1].selection == (try TagSelection(globs: ["v*", "1.*"], regex: "^v\\d+$")))
    }

    @Test func registriesReachTheirRoom() throws {
        let configuration = try load(
            yaml: """
                registries:
                  docker.io: {bulkEndpoint: none, clientCertificateFile: /c.pem, clientKeyFile: /c.key}
                  harbor.example: {vendor: harbor, bulkEndpoint: "http://127.0.0.1:9/"}
                """
        ).registryConfiguration(environment: [:])
        #expect(throws: SettingError.self) {
            _ = try load(yaml: "").registryConfiguration(environment: ["https_proxy": "ftp://proxy"])
        }
        let hub = try #require(configuration.registries[.dockerHub])
        #expect(hub.vendor == nil)
        #expect(hub.bulkEndpoint == .none)
        #expect(hub.clientCertificate == ClientCertificate(certificateFile: "/c.pem", keyFile: "/c.key"))
        let harbor = try #require(configuration.registries[try Registry(parsing: "harbor.example")])
        #expect(harbor.vendor == .harbor)
        #expect(harbor.bulkEndpoint == .at(try Endpoint(parsing: "http://127.0.0.1:9")))
    }

    @Test func everySettingIsListedOnce() {
        for names in [
            Setting.allWithFiles.map(\.environment), Setting.allWithFiles.compactMap(\.flag),
            Setting.allWithFiles.map(\.key).filter { !$0.isEmpty },
        ] {
            #expect(Set(names).count == names.count)
        }
        #expect(Setting.dataDirectory.flag == "--data-dir")
        #expect(Setting.databaseURL.flag == "--database-url")
        #expect(Setting.config.flag == "--config")
        #expect(Setting.dockerConfig.flag == nil)
        #expect(Setting.adminToken.file?.environment == "TAGBEAT_ADMIN_TOKEN_FILE")
        #expect(Setting.adminToken.file?.flag == "--admin-token-file")
    }

    @Test func presetsAreRead() throws {
        let settings = try load(yaml: "presets:\n  Ours: [python, 'ghcr.io/a/b:1']\n  Others: [node:22]\n")
        #expect(settings.presets?.map(\.name) == ["Ours", "Others"])
        #expect(settings.presets?[0].images.map(\.familiar) == ["python:latest", "ghcr.io/a/b:1"])
        #expect(try load(yaml: "presets:\n").presets == [])
        #expect(try load(yaml: "listen: 127.0.0.1:1\n").presets == nil)
    }

    @Test func warnsOfMisspeltVariables() throws {
        let settings = try Settings.load(environment: [
            "TAGBEAT_LISTN": "x", "TAGBEAT_SERVICE_HOST": "10.0.0.1", "TAGBEAT_PORT_8080_TCP": "x",
            "TAGBEAT_IMAGE": "x",
        ])
        #expect(
            settings.warnings == [
                "The environment variable TAGBEAT_LISTN is none of Tagbeat's settings. Did you mean TAGBEAT_LISTEN?"
            ])
    }
}
