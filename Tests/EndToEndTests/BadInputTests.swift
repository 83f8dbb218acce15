import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// One line that says what to do, and the right exit code.
@Suite struct BadInputTests {
    /// Who reads what is said may have gone: the program ends as it would have.
    @Test func nobodyReads() async throws {
        let folder = try TemporaryFolder()
        let code = folder.path + "/code"
        let script = "{ sleep 0.3; \"$1\" list --state nothing 2>&1 >/dev/null; echo $? >\"$2\"; } | true; cat \"$2\""
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", script, "sh", TagbeatProcess.executable.path, code],
            output: .string(limit: 100))
        #expect(result.standardOutput == "2\n")
    }

    /// Whoever has read enough is no error to tell.
    @Test func readersMayGo() async throws {
        let folder = try TemporaryFolder()
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let line = "{\"image\":\"python\",\"digest\":\"\(digest)\",\"observedAt\":\"2026-01-31T12:00:00Z\"}"
        let script = """
            unset DATABASE_URL
            export TAGBEAT_DATA_DIR="$2/data" TAGBEAT_LOG_LEVEL=critical DOCKER_CONFIG=/nonexistent
            printf '%s\\n' "$3" | "$1" import - >/dev/null
            for command in export "list --json" list "stats python --json" "compare python python" "reference python" select; do
                { sleep 0.3; echo 3.12 | "$1" $command 2>"$2/errors"; echo $? >"$2/code"; } | true
                echo "$command: $(cat "$2/code" "$2/errors")"
                echo 3.12 | "$1" $command >/dev/full 2>"$2/errors"
                echo "$? $(cut -c 1-46 "$2/errors")"
            done
            """
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: ["-c", script, "sh", TagbeatProcess.executable.path, folder.path, line],
            output: .string(limit: 4000))
        let commands = [
            "export", "list --json", "list", "stats python --json", "compare python python", "reference python",
            "select",
        ]
        let expected = commands.map { "\($0): 141\n1 tagbeat: standard output cannot be written: No\n" }.joined()
        #expect(result.standardOutput == expected)
    }

    private func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> CommandResult {
        let folder = try TemporaryFolder()
        let all = ["TAGBEAT_DATA_DIR": folder.path + "/data", "DOCKER_CONFIG": "/nonexistent"]
        let process = try await TagbeatProcess(arguments, environment: all.merging(environment) { $1 })
        return CommandResult(code: await process.end(), output: process.output)
    }

    @Test(arguments: [
        (["track", "docker.io/UPPER"], "UPPER"), (["track", "python@sha256:00"], "digest"), (["stats"], "Usage"),
        (["list", "--sort", "size"], "interval"), (["list", "--state", "gone"], "pending"), (["nosuch"], "nosuch"),
        (["reference", "a//b"], "a//b"), (["import"], "Usage"),
    ])
    func badInputIsExitCode2(arguments: [String], hint: String) async throws {
        let result = try await run(arguments)
        #expect(result.code == 2, "\(result.output)")
        #expect(result.output.contains(hint), "\(result.output)")
    }

    @Test(arguments: [
        (["DATABASE_URL": "postgresql://nobody:s3cret@127.0.0.1:1/none"], "DATABASE_URL"),
        (["TAGBEAT_DATA_DIR": "/proc/none"], "/proc/none"),
    ])
    func failuresAreOneLineAndExitCode1(environment: [String: String], hint: String) async throws {
        let result = try await run(["run"], environment)
        #expect(result.code == 1, "\(result.output)")
        #expect(result.output.contains(hint), "\(result.output)")
        #expect(!result.output.contains("s3cret"))
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }

    @Test(arguments: [
        (["DATABASE_URL": "nonsense"], "DATABASE_URL"),
        (["DATABASE_URL": "host=127.0.0.1 nonsense=s3cret"], "DATABASE_URL"),
        (["TAGBEAT_LISTEN": "nowhere"], "TAGBEAT_LISTEN"),
        (["TAGBEAT_CHECK_INTERVAL": "5"], "TAGBEAT_CHECK_INTERVAL"),
        (["TAGBEAT_CONFIG": "/nonexistent.yaml"], "/nonexistent.yaml"),
        (["TAGBEAT_ADMIN_TOKEN_FILE": "/nonexistent"], "TAGBEAT_ADMIN_TOKEN_FILE"),
        // Seen to be wrong only when it is used.
        (["https_proxy": "ftp://proxy"], "https_proxy"),
    ])
    func badSettingsAreOneLineAndExitCode2(environment: [String: String], hint: String) async throws {
        let result = try await run(["serve"], environment.merging(["TAGBEAT_LOG_LEVEL": "critical"]) { $1 })
        #expect(result.code == 2, "\(result.output)")
        #expect(result.output.contains(hint), "\(result.output)")
        #expect(!result.output.contains("s3cret"))
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }

    @Test func noMoreTagsThanAllowed() async throws {
        let folder = try TemporaryFolder()
        let environment = ["TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_MAX_TRACKED": "2"]
        #expect(try await run(["track", "python:1", "python:2"], environment).code == 0)
        // What is tracked already takes no room.
        #expect(try await run(["track", "python:1", "python:2", "python:1"], environment).code == 0)
        let more = try await run(["track", "python:2", "python:3"], environment)
        #expect(more.code == 1 && more.output.contains("TAGBEAT_MAX_TRACKED"), "\(more.output)")
        #expect(try await run(["untrack", "python:1"], environment).code == 0)
        #expect(try await run(["track", "python:2", "python:3"], environment).code == 0)
        #expect(try await run(["track", "python:1"], environment).code == 1)
    }

    @Test func portInUseIsSaid() async throws {
        let folder = try TemporaryFolder()
        let site = try await Site.start(environment: ["TAGBEAT_DATA_DIR": folder.path + "/data"])
        let port = site.address.split(separator: ":").last ?? ""
        let result = try await run(["run"], ["TAGBEAT_LISTEN": "127.0.0.1:\(port)", "TAGBEAT_STARTER": "off"])
        #expect(result.code == 1, "\(result.output)")
        #expect(result.output.contains("TAGBEAT_LISTEN"), "\(result.output)")
        #expect(await site.stop() == 0)
    }

    @Test func referencesAreReadAsJSONLines() async throws {
        let result = try await run(["reference", "python", "ghcr.io/a/b:1"])
        #expect(result.code == 0)
        let first = """
            {"canonical":"docker.io/library/python:latest","digest":null,"input":"python","registry":"docker.io",\
            "repository":"library/python","tag":"latest"}
            """
        #expect(result.output.split(separator: "\n").first.map(String.init) == first)
    }
}
