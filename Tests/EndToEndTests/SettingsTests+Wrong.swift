import Foundation
import Testing

@testable import Tagbeat

/// What is wrong is told with its place, its value and what would be right; secrets never.
extension SettingsTests {
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
                + "Right would be: https://host[:port], without a login, path, query or fragment."
        ),
        (
            "TAGBEAT_PUBLIC_URL", "https://example.org/tags",
            #"TAGBEAT_PUBLIC_URL: "https://example.org/tags" is not the address of a whole host. "#
                + "Right would be: https://host[:port], without a login, path, query or fragment."
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

    @Test func wrongPresetsAreTold() throws {
        #expect(try problems(yaml: "presets:\n  Ours: [A b]\n").first?.contains("is not an image") == true)
        #expect(try problems(yaml: "presets:\n  Ours: python\n").first?.contains("a preset is") == true)
    }

    @Test func everythingWrongIsToldAtOnce() throws {
        let found = try problems(["TAGBEAT_STARTER": "x", "TAGBEAT_LISTEN": "y"], yaml: "maxTracked: z\nfoo: 1")
        #expect(found.count == 4)
    }
}
