import Foundation
import TestSupport
import Testing

/// `tagbeat select`.
@Suite struct SelectTests {
    private func select(_ arguments: String..., input: String) async throws -> CommandResult {
        let process = try await TagbeatProcess(["select"] + arguments, environment: [:], input: input)
        return CommandResult(code: await process.end(), output: process.output)
    }

    private static let tags = """
        latest
        3.12-slim
        3.12

        3.9\r
          3.13
        3.13-windowsservercore-1809
        3.15.0a1
        bookworm-20260803
        sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig
        3.12
        """

    @Test func theBestFirst() async throws {
        let all = try await select(input: Self.tags)
        #expect(all.code == 0)
        #expect(
            all.output.split(separator: "\n") == [
                "3.15.0a1", "3.13", "3.13-windowsservercore-1809", "3.12", "3.12-slim", "3.9", "bookworm-20260803",
                "latest",
            ])
        let some = try await select("--semver", ">=3.11", "--exclude", "*-windows*", "--keep", "2", input: Self.tags)
        #expect(some.output == "3.13\n3.12\n")
        #expect(try await select("--regex", "-slim$", input: Self.tags).output == "3.12-slim\n")
        #expect(try await select("--glob", "3.9", "--glob", "late*", input: Self.tags).output == "3.9\nlatest\n")
        #expect(try await select("--semver", "4", input: Self.tags).output == "")
        #expect(try await select(input: "").output == "")
    }

    @Test func asJSON() async throws {
        let result = try await select("--json", "--glob", "{3.12-slim,latest}", input: Self.tags)
        #expect(
            result.output == """
                {"shape":"#.#-slim","tag":"3.12-slim","version":"3.12"}
                {"shape":null,"tag":"latest","version":null}

                """)
    }

    @Test(arguments: [
        (["--semver", ">=x.y"], "\">=x.y\" is no version range: \"x.y\" is no version. Right would be: one such as"),
        (["--regex", "("], "\"(\" is no regular expression: a ( is not closed. Right would be: one such as ^3"),
        (["--glob", "[a"], "\"[a\" is no glob: a [ is not closed. Right would be: one such as 3.1?-*"),
        (["--keep", "0"], "\"0\" is no number of tags to keep: it is not above 0. Right would be: 1 or more."),
        (["--keep", "many"], "many"), (["--nosuch"], "nosuch"),
    ])
    func wrongSelectionsSayWhy(arguments: [String], hint: String) async throws {
        let process = try await TagbeatProcess(["select"] + arguments, environment: [:], input: "3.12\n")
        #expect(await process.end() == 2)
        #expect(process.output.contains(hint), "\(process.output)")
    }

    @Test func linesThatAreNoTags() async throws {
        let wrong = try await select(input: "3.12\npython:3.12\n3.13\n")
        #expect(wrong.code == 2)
        #expect(wrong.output.hasPrefix("tagbeat: line 2: \"python:3.12\": the tag is not valid."), "\(wrong.output)")
        let rest = try await select("--skip-invalid", input: "3.12\n\u{1B}[31m\n3.13\n")
        #expect(rest.code == 0)
        #expect(rest.output.contains("left out line 2: \"\\u{1b}[31m\""), "\(rest.output)")
        #expect(rest.output.hasSuffix("3.13\n3.12\n"), "\(rest.output)")
    }

    @Test func manyTags() async throws {
        let lines = (0..<50_000).map { "\($0 % 9).\($0 / 9)" + ($0 % 2 == 0 ? "-slim" : "") }
        let clock = ContinuousClock.now
        let result = try await select(
            "--semver", ">=3", "--glob", "*-slim", "--keep", "3", input: lines.joined(separator: "\n"))
        #expect(result.code == 0)
        #expect(result.output == "8.5554-slim\n8.5552-slim\n8.5550-slim\n")
        #expect(ContinuousClock.now - clock < .seconds(30))
    }
}
