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
    private func withFile<T>(_ yaml: String, _ body: (String) throws -> T) throws -> T {
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

    /// The problems, without the file's path in front.
    private func problems(_ environment: [String: String] = [:], yaml: String) throws -> [String] {
        try withFile(yaml) { path in
            let error = #expect(throws: SettingsError.self) {
                _ = try Settings.load(
                    environment: environment.merging(Self.home) { $1 }.merging(["TAGBEAT_CONFIG": path]) { $1 })
            }
            return error?.problems.map { $0.replacingOccurrences(of: path, with: "FILE") } ?? []
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

/// What is wrong is told with its place, its value and what would be right; secrets never.
extension SettingsTests {
    @Test(arguments: [
        (
            "TAGBEAT_LISTEN", "8080",
            #"TAGBEAT_LISTEN: "8080" has no port. Right would be: HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080."#
        ),
        (
            "TAGBEAT_CHECK_INTERVAL", "15",
            #"TAGBEAT_CHECK_INTERVAL: "15" is not a duration. Right would be: a number and a unit, such as 90s, 15m, 2h, 1d or 2y."#
        ),
        (
            "TAGBEAT_STARTER", "maybe",
            #"TAGBEAT_STARTER: "maybe" is not a starter. Right would be: on, off or popular."#
        ),
        (
            "TAGBEAT_LOG_LEVEL", "loud",
            #"TAGBEAT_LOG_LEVEL: "loud" is not a log level. Right would be: trace, debug, info, notice, warning, error, critical."#
        ),
        (
            "TAGBEAT_LOG_FORMAT", "xml",
            #"TAGBEAT_LOG_FORMAT: "xml" is not known here. Right would be: one of plain, json."#
        ),
        (
            "TAGBEAT_MAX_TRACKED", "-1",
            #"TAGBEAT_MAX_TRACKED: "-1" is not a count. Right would be: a whole number from 1 to 1000000000."#
        ),
        (
            "TAGBEAT_REQUESTS_PER_SECOND", "0",
            #"TAGBEAT_REQUESTS_PER_SECOND: "0" is not a rate. Right would be: requests a second, from 0.001 to 100000."#
        ),
        (
            "TAGBEAT_PRIVATE_REGISTRIES", "localhost:5000,a b",
            #"TAGBEAT_PRIVATE_REGISTRIES: "localhost:5000,a b" holds "a b", which is not a host. "#
                + "Right would be: host, host:port or [::1]:port."
        ),
        (
            "TAGBEAT_TRUSTED_PROXIES", "proxy.local",
            #"TAGBEAT_TRUSTED_PROXIES: "proxy.local" holds "proxy.local", which is not an IP address or block. "#
                + "Right would be: 10.0.0.1, 10.0.0.0/8 or fd00::/8."
        ),
        (
            "TAGBEAT_PUBLIC_URL", "tags.example.org",
            #"TAGBEAT_PUBLIC_URL: "tags.example.org" is not an address on the web. "#
                + "Right would be: https://host[:port][/path], without a login, query or fragment."
        ),
        (
            "TAGBEAT_ADMIN_TOKEN", "hush hush",
            "TAGBEAT_ADMIN_TOKEN: the value holds a space or a character that no HTTP header can carry. "
                + "Right would be: letters, digits and ASCII signs, such as `openssl rand -hex 24` makes."
        ),
        (
            "DATABASE_URL", "mysql://me:hush@host/db",
            "DATABASE_URL: the value is not a PostgreSQL connection string. "
                + "Right would be: postgresql://user:password@host:5432/name or host=… dbname=… user=…."
        ),
        (
            "TAGBEAT_ADMIN_TOKEN_FILE", "/nowhere",
            #"TAGBEAT_ADMIN_TOKEN_FILE: "/nowhere" cannot be read. Right would be: a readable file that holds the secret."#
        ),
        (
            "TAGBEAT_CONFIG", "/nowhere",
            #"TAGBEAT_CONFIG: "/nowhere" cannot be read. Right would be: a readable YAML file."#
        ),
    ])
    func wrongVariables(_ name: String, _ value: String, _ expected: String) {
        let error = #expect(throws: SettingsError.self) { _ = try Settings.load(environment: [name: value]) }
        #expect(error?.description == expected)
        #expect(!expected.contains("hush"))
    }

    @Test(arguments: [
        ("publicUrl: https://a", #"FILE, line 1: there is no setting "publicUrl". Did you mean "publicURL"?"#),
        (
            "\nlisten: 127.0.0.1:1\nlogLevl: info",
            #"FILE, line 3: there is no setting "logLevl". Did you mean "logLevel"?"#
        ),
        (
            "listen: ${WHERE}",
            "FILE, line 1: listen uses the environment variable WHERE, which is not set; "
                + "set it, or write ${WHERE:-default}."
        ),
        (
            "listen: ${WHERE",
            "FILE, line 1: listen holds a `${` that is neither ${NAME} nor ${NAME:-default}; "
                + "write $${ for a literal one."
        ),
        ("starter: 7", #"FILE, line 1: starter: "7" is not a starter. Right would be: on, off or popular."#),
        ("listen: {a: b}", "FILE, line 1: listen takes a single value."),
        ("- a", "FILE, line 1: the file is not a list of `key: value`."),
        ("a: [", "FILE, line 2: it is not YAML: did not find expected node content."),
        ("adminToken: a\nadminToken: hush", #"FILE, line 1: "adminToken" stands there twice."#),
        (
            "registries:\n  quay.io:\n    vendr: quay",
            #"FILE, line 3: there is no setting of a registry named "vendr". Did you mean "vendor"?"#
        ),
        (
            "registries:\n  quay.io: {vendor: red}",
            #"FILE, line 2: vendor: "red" is not known here. Right would be: "#
                + "one of generic, dockerHub, ghcr, quay, google, ecr, acr, harbor, gitlab, chainguard."
        ),
        (
            "registries:\n  quay.io: {endpoint: 'https://u:hush@quay.io'}",
            "FILE, line 2: endpoint: the value is not an address on the web. "
                + "Right would be: https://host[:port][/path], without a login, query or fragment."
        ),
        (
            "registries:\n  'a b': {}",
            #"FILE, line 2: "a b" is not a registry's name; right would be host or host:port, such as docker.io."#
        ),
        (
            "registries:\n  docker.io: {}\n  index.docker.io: {}",
            "FILE, line 3: the registry docker.io stands there twice."
        ),
        (
            "registries:\n  docker.io: {clientKeyFile: /k}",
            "FILE, line 2: docker.io needs both clientCertificateFile and clientKeyFile, or neither."
        ),
        ("registries:\n  docker.io: {password: hush}", "FILE, line 2: docker.io has a password but no username."),
        (
            "repositories:\n  - select: {keep: 1}",
            "FILE, line 2: the repository has no image; write - image: docker.io/library/python."
        ),
        (
            "repositories:\n  - image: python:3",
            #"FILE, line 2: image: "python:3" is not a repository. "#
                + "Right would be: registry/path without a tag, such as docker.io/library/python."
        ),
        (
            "repositories:\n  - image: python\n    select: {regex: '('}",
            #"FILE, line 3: regex: "(" is no regular expression: a ( is not closed. "#
                + #"Right would be: one such as ^3\.1[0-9](-slim)?$."#
        ),
    ])
    func wrongFiles(_ yaml: String, _ expected: String) throws {
        #expect(try problems(yaml: yaml) == [expected])
        #expect(!expected.contains("hush"))
    }

    @Test func everythingWrongIsToldAtOnce() throws {
        let found = try problems(["TAGBEAT_STARTER": "x", "TAGBEAT_LISTEN": "y"], yaml: "maxTracked: z\nfoo: 1")
        #expect(found.count == 4)
    }

    @Test(arguments: [
        ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("2y", 63_072_000), ("1s", 1),
        ("1000y", 31_536_000_000),
    ])
    func durations(_ text: String, _ seconds: Int64) throws {
        #expect(try SettingValues.duration(text) == .seconds(seconds))
        #expect(try SettingValues.duration(SettingValues.text(.seconds(seconds))) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "s", "15", "1.5h", "-1h", "0s", "1w", "1 h", "1h30m", "+1h", "١h", "1001y", "99999999999999999999s",
    ])
    func wrongDurations(_ text: String) {
        #expect(throws: BadValue.self) { try SettingValues.duration(text) }
    }

    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:8080", "[::1]:8080"), ("LocalHost:0", "localhost:0"),
            ("0.0.0.0:65535", "0.0.0.0:65535"), ("::1:8080", nil), ("localhost", nil), (":8080", nil),
            ("localhost:", nil),
            ("localhost:65536", nil), ("localhost:x", nil), ("[::1]", nil), ("[nonsense]:1", nil), ("http://a:1", nil),
            ("a:99999999999999999999", nil), ("a:1:2", nil), ("-a:1", nil),
        ] as [(String, String?)])
    func listenAddresses(_ text: String, _ expected: String?) {
        #expect((try? ListenAddress(parsing: text))?.description == expected)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("0.0.0.0/0", "1.2.3.4", true),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.129", true),
        ("fd00::/8", "fd12::1", true),
        ("fd00::/8", "fe80::1", false), ("0.0.0.0/0", "::1", false), ("::1", "nonsense", false),
    ])
    func addressRanges(_ range: String, _ address: String, _ expected: Bool) throws {
        #expect(try AddressRange(parsing: range).contains(address) == expected)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "a", "10.0.0.1/", "10.0.0.1/-1", ""])
    func wrongAddressRanges(_ text: String) {
        #expect(throws: BadValue.self) { try AddressRange(parsing: text) }
    }
}
