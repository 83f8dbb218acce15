import Foundation
import OCI
import TestSupport
import Testing

@testable import RegistryClient

@Suite struct CredentialHelperTests {
    private static func login(_ username: String, _ secret: String, url: String = "") -> String {
        #"{"ServerURL":"\#(url)","Username":"\#(username)","Secret":"\#(secret)"}"#
    }

    static let answers: [(String, Bool, CredentialHelperAnswer)] = [
        (login("u", "p"), true, .credentials(Credentials(username: "u", password: "p"))),
        (login("u", "p", url: "ghcr.io"), true, .credentials(Credentials(username: "u", password: "p"))),
        (login("u", "p", url: "https://ghcr.io/v2/"), true, .credentials(Credentials(username: "u", password: "p"))),
        (login("<token>", "t"), true, .credentials(.identityToken(Secret("t")))),
        (login("u", "p", url: "evil.example"), true, .otherRegistry),
        (login("u", "p", url: "https://ghcr.io:5000"), true, .otherRegistry),
        (login("u", ""), true, .unknown), (login("", "p"), true, .unknown),
        ("credentials not found in native keychain\n", false, .unknown), ("Credentials Not Found", false, .unknown),
        ("error getting credentials - err: exit status 1", false, .unreadable), ("", false, .unreadable),
        ("", true, .unreadable), ("hello", true, .unreadable), ("[]", true, .unreadable), ("{}", true, .unreadable),
        (#"{"Username":1,"Secret":"x"}"#, true, .unreadable),
        (String(repeating: "[", count: 10_000), true, .unreadable),
        (login("u", String(repeating: "x", count: 70_000)), true, .unreadable),
    ]

    @Test(arguments: answers) func reads(_ text: String, _ succeeded: Bool, _ expected: CredentialHelperAnswer) throws {
        let ghcr = try Registry(parsing: "ghcr.io")
        #expect(CredentialHelperAnswer(parsing: Array(text.utf8), succeeded: succeeded, for: ghcr) == expected)
    }

    @Test(arguments: [
        ("desktop", true), ("ecr-login", true), ("a.b_c+1", true), ("", false), ("../x", false), ("a/b", false),
        ("a\\b", false), (".x", false), ("-x", false), ("a b", false), ("a\0", false), ("ä", false),
        (String(repeating: "a", count: 65), false),
    ]) func names(_ name: String, _ expected: Bool) {
        #expect(CredentialHelperAnswer.isName(name) == expected)
    }

    @Test func serverURLs() throws {
        #expect(CredentialHelperAnswer.serverURL(.dockerHub) == "https://index.docker.io/v1/")
        #expect(CredentialHelperAnswer.serverURL(try Registry(parsing: "ghcr.io")) == "ghcr.io")
        #expect(CredentialHelperAnswer.serverURL(try Registry(parsing: "localhost:5000")) == "localhost:5000")
    }

    // MARK: Real programs

    /// A folder of helpers, and a source that finds them there.
    private func source(
        _ scripts: [String: String], config: String, timeout: Duration = .seconds(10), folder: TemporaryFolder
    ) throws -> HelperCredentials {
        for (name, script) in scripts {
            let path = try folder.write("#!/bin/sh\n" + script + "\n", to: "docker-credential-" + name)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let file = try DockerConfig(parsing: Array(config.utf8))
        let environment = [
            "PATH": folder.path + ":/usr/bin:/bin", "HOME": folder.path, "TAGBEAT_ADMIN_TOKEN": "hush",
            "DOCKERHUB_PASSWORD": "hush", "VISIBLE": "yes",
        ]
        return try #require(HelperCredentials(file, environment: environment, timeout: timeout))
    }

    @Test func runsTheRightProgram() async throws {
        let folder = try TemporaryFolder()
        let log = folder.path + "/asked"
        func script(_ user: String) -> String {
            #"url=$(cat); echo "$1 $url" >>\#(log); echo "{\"Username\":\"\#(user)\",\"Secret\":\"$VISIBLE$TAGBEAT_ADMIN_TOKEN$DOCKERHUB_PASSWORD\"}""#
        }
        let source = try source(
            ["all": script("all"), "one": script("one")],
            config: #"{"credsStore":"all","credHelpers":{"ghcr.io":"one","quay.io":""}}"#, folder: folder)
        let hub = try await source.credentials(for: .dockerHub)
        #expect(hub == Credentials(username: "all", password: "yes"))
        let ghcr = try Registry(parsing: "ghcr.io")
        #expect(try await source.credentials(for: ghcr) == Credentials(username: "one", password: "yes"))
        #expect(try await source.credentials(for: try Registry(parsing: "quay.io")) == nil)
        // Kept: the program does not run again.
        _ = try await source.credentials(for: ghcr)
        let asked = try String(contentsOfFile: log, encoding: .utf8)
        #expect(asked == "get https://index.docker.io/v1/\nget ghcr.io\n")
    }

    @Test func oneRunForManyAskers() async throws {
        let folder = try TemporaryFolder()
        let log = folder.path + "/asked"
        let source = try source(
            ["slow": #"echo x >>\#(log); sleep 0.3; echo '{"Username":"u","Secret":"p"}'"#],
            config: #"{"credsStore":"slow"}"#, folder: folder)
        await withTaskGroup(of: Credentials?.self) { group in
            for _ in 0..<20 { group.addTask { try? await source.credentials(for: .dockerHub) } }
            for await found in group { #expect(found == Credentials(username: "u", password: "p")) }
        }
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "x\n")
    }

    static let broken: [(String, String, CheckFailure.Code)] = [
        ("sleep 60", "docker-credential-x did not answer in time", .timeout),
        // What it started holds its output open.
        ("sleep 60 & sleep 60", "docker-credential-x did not answer in time", .timeout),
        ("trap '' TERM; while :; do sleep 1; done", "docker-credential-x did not answer in time", .timeout),
        ("echo garbage-hush", "docker-credential-x did not print a login", .configuration),
        ("echo hush >&2; echo 'hush hush'; exit 1", "docker-credential-x failed", .configuration),
        ("head -c 100000000 /dev/zero", "docker-credential-x printed more than a login", .configuration),
        ("yes hush", "docker-credential-x printed more than a login", .configuration),
        ("kill -9 $$", "docker-credential-x failed", .configuration),
    ]

    @Test(arguments: broken) func brokenHelpers(
        _ script: String, _ expected: String, _ code: CheckFailure.Code
    ) async throws {
        let folder = try TemporaryFolder()
        let source = try source(
            ["x": script], config: #"{"credsStore":"x"}"#, timeout: .milliseconds(500), folder: folder)
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: CheckFailure.self) {
            _ = try await source.credentials(for: try Registry(parsing: "ghcr.io"))
        }
        #expect(error?.detail == "the login for ghcr.io could not be read: " + expected)
        #expect(error?.code == code)
        #expect(start.duration(to: clock.now) < .seconds(5))
    }

    @Test(arguments: [
        (#"{"credsStore":"not-there"}"#, "there is no program docker-credential-not-there"),
        (
            #"{"credsStore":"../../bin/sh"}"#,
            "Docker's config.json names a credential helper that is no plain program name"
        ),
    ]) func noSuchProgram(_ config: String, _ expected: String) async throws {
        let source = try source([:], config: config, folder: try TemporaryFolder())
        let error = await #expect(throws: CheckFailure.self) { _ = try await source.credentials(for: .dockerHub) }
        #expect(error?.detail == "the login for docker.io could not be read: " + expected)
    }

    @Test func answersAreKeptForMinutes() async throws {
        let time = ManualTime()
        let runs = Box(0)
        let helper = CredentialHelper { _, _ in
            let run = runs.withLock {
                $0 += 1
                return $0
            }
            if run == 2 { throw CredentialHelper.Failure.broken }
            return .init(bytes: Array(Self.login("u", "p\(run)").utf8), succeeded: true)
        }
        let config = try DockerConfig(parsing: Array(#"{"credsStore":"x"}"#.utf8))
        let source = try #require(HelperCredentials(config, helper: helper, time: time.source))
        for (step, expected) in [(0, "p1"), (299, "p1"), (1, nil), (59, nil), (1, "p3")] as [(Int, String?)] {
            time.advance(.seconds(step))
            let found = try? await source.credentials(for: .dockerHub)
            #expect(found == expected.map { Credentials(username: "u", password: $0) })
        }
    }

    @Test func withoutHelpersThereIsNothingToAsk() throws {
        #expect(HelperCredentials(try DockerConfig(parsing: Array("{}".utf8)), environment: [:]) == nil)
        #expect(
            HelperCredentials(try DockerConfig(parsing: Array(#"{"credsStore":""}"#.utf8)), environment: [:]) == nil)
    }
}
