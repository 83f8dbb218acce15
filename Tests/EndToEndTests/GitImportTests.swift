import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `tagbeat import --from-git` on real repositories.
@Suite struct GitImportTests {
    private static func digest(_ number: Int) -> String { "sha256:" + String(format: "%064x", number * 7_919 + 1) }

    private struct Commit {
        let time: Int
        /// By file; the whole content.
        let files: [String: String]
    }

    private func tagbeat(_ folder: TemporaryFolder, _ arguments: String..., path: String? = nil) async throws
        -> CommandResult
    {
        var environment = [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "DOCKER_CONFIG": "/nonexistent", "TAGBEAT_LOG_LEVEL": "warning",
        ]
        environment["PATH"] = path
        let process = try await TagbeatProcess(arguments, environment: environment)
        return CommandResult(code: await process.end(), output: process.output)
    }

    private func shell(_ script: String, in folder: String, input: String = "") async throws {
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", "cd \"$1\" && " + script, "sh", folder], input: .string(input),
            output: .discarded, error: .string(limit: 1 << 16))
        #expect(result.terminationStatus.isSuccess, "\(script): \(result.standardError)")
    }

    /// A repository made in one go, for a commit each takes long.
    private func repository(_ commits: [Commit], in folder: TemporaryFolder, _ name: String = "repo") async throws
        -> String
    {
        let path = folder.path + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var stream = ""
        for commit in commits {
            stream += "commit refs/heads/main\ncommitter A <a@b> \(commit.time) +0000\ndata 1\nx\n"
            for (file, content) in commit.files.sorted(by: { $0.key < $1.key }) {
                stream += "M 100644 inline \(file)\ndata \(content.utf8.count)\n\(content)\n"
            }
        }
        try await shell("git init -q -b main && git fast-import --quiet", in: path, input: stream)
        return path
    }

    @Test func pinsBecomeHistory() async throws {
        let folder = try TemporaryFolder()
        let path = try await repository(
            (0..<5).map { index in
                Commit(
                    time: 1_700_000_000 + index * 86_400,
                    files: [
                        "Dockerfile": "FROM python:3.12@\(Self.digest(index))\n", "README": "nothing \(index)\n",
                        "values.yaml": "image:\n  repository: ghcr.io/a/b\n  tag: 1@\(Self.digest(index / 2))\n",
                        "binary": "\0python:1@\(Self.digest(index))\n",
                        "long.json": String(repeating: "x", count: 200_000) + " python:2@\(Self.digest(index))\n",
                    ])
            }, in: folder)
        let first = try await tagbeat(folder, "import", "--from-git", path, "--json")
        #expect(first.code == 0)
        #expect(first.output == "{\"commits\":5,\"newRows\":8,\"observations\":8,\"skipped\":0,\"tags\":2}\n")
        let again = try await tagbeat(folder, "import", "--from-git", path)
        #expect(again.output == "Read 8 observations of 2 tags; 0 were new. 5 commits changed a pin.\n")
        let exported = try await tagbeat(folder, "export")
        #expect(exported.output.contains("\"observedAt\":\"2023-11-14T22:13:20Z\",\"source\":\"imported\""))
        #expect(exported.output.contains("ghcr.io/a/b:1"))
    }

    @Test func nothingOfAHostileRepositoryRuns() async throws {
        let folder = try TemporaryFolder()
        let path = try await repository(
            [
                Commit(
                    time: 1_700_000_000,
                    files: ["Dockerfile": "FROM python:3.12@\(Self.digest(1))\n", ".gitattributes": "* diff=evil\n"])
            ],
            in: folder)
        let mark = folder.path + "/ran"
        let program = try folder.write("#!/bin/sh\ntouch \(mark)\ncat\n", to: "evil.sh")
        try await shell(
            """
            chmod +x \(program); for key in core.pager diff.external diff.evil.command diff.evil.textconv gpg.program \
            core.fsmonitor core.sshCommand core.hooksPath pager.log alias.log core.editor; do git config $key \(program); done
            git config log.showSignature true; git config color.ui always; git config diff.noprefix true
            git config format.pretty oneline; git config core.quotePath false; git config log.showRoot false
            """, in: path)
        let result = try await tagbeat(folder, "import", "--from-git", path)
        #expect(result.output == "Read 1 observation of 1 tag; 1 was new. 1 commit changed a pin.\n")
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test func whatIsNoRepositoryIsSaidBeforeAnythingStarts() async throws {
        let folder = try TemporaryFolder()
        let missing = try await tagbeat(folder, "import", "--from-git", folder.path + "/none")
        #expect(missing.code == 2)
        #expect(missing.output == "tagbeat: \(folder.path)/none is no folder; give the folder of a git repository\n")
        let plain = try await tagbeat(folder, "import", "--from-git", folder.path)
        #expect(plain.code == 1)
        #expect(plain.output == "tagbeat: no history can be read in \(folder.path): it is no git repository\n")
        let empty = try await repository([], in: folder)
        let unborn = try await tagbeat(folder, "import", "--from-git", empty)
        #expect(unborn.code == 1)
        #expect(unborn.output == "tagbeat: no history can be read in \(empty): it has no commit\n")
        let without = try await tagbeat(folder, "import", "--from-git", folder.path, path: "/nonexistent")
        #expect(without.code == 1)
        #expect(without.output == "tagbeat: git is not installed; install it (apt-get install git) and try again\n")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
        let both = try await tagbeat(folder, "import", "x", "--from-git", "y")
        #expect(both.code == 2)
    }

    @Test func somebodyElsesRepositoryIsExplained() async throws {
        let folder = try TemporaryFolder()
        let path = try await repository(
            [Commit(time: 1_700_000_000, files: ["a": "a:1@\(Self.digest(1))"])], in: folder)
        guard getuid() == 0 else { return }
        try await shell("chown -R 12345 .", in: path)
        let result = try await tagbeat(folder, "import", "--from-git", path)
        #expect(result.code == 1)
        #expect(result.output.contains("git config --global --add safe.directory \(path)"), "\(result.output)")
    }

    /// In well under a minute, also on a busy machine.
    @Test func tenThousandCommits() async throws {
        let folder = try TemporaryFolder()
        let commits = (0..<10_000).map { index in
            Commit(
                time: 1_600_000_000 + index * 3_600,
                files: [
                    "services/\(index % 50)/Dockerfile": "FROM python:3.\(index % 7)@\(Self.digest(index))\nRUN true\n",
                    "src/\(index % 300).txt": "line \(index)\n",
                ])
        }
        let path = try await repository(commits, in: folder)
        let clock = ContinuousClock.now
        let result = try await tagbeat(folder, "import", "--from-git", path)
        #expect(ContinuousClock.now - clock < .seconds(60))
        #expect(result.output == "Read 10000 observations of 7 tags; 10000 were new. 10000 commits changed a pin.\n")
    }
}
