import Foundation
import Subprocess
import SystemPackage

/// A git repository's history, read by one git process and line by line: memory is bounded by one chunk.
enum GitHistory {
    /// Nothing that the repository or its owner configured is run: no hooks, no pager, no external diff, no text
    /// conversion, no signature check, no fetching of what a partial clone lacks.
    private static let git = """
        git --no-pager -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.allow=never -C "$1"
        """
    /// Only commits in which a digest came or went, each with its time and the lines that it added.
    private static let log =
        git.trimmingCharacters(in: .newlines) + """
             log -G'@sha256:[0-9a-f]{64}' --extended-regexp --format=%x01%ct --patch --unified=0 --no-color \
            --no-ext-diff --no-textconv --no-renames --no-show-signature --no-notes HEAD --
            """
    private static let environment: Environment = {
        let inherited = ProcessInfo.processInfo.environment
        var values = ["LC_ALL": "C", "TZ": "UTC", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"]
        values["PATH"] = Shell.searchPath
        // Where a person says that somebody else's repository may be read (safe.directory).
        for name in ["HOME", "XDG_CONFIG_HOME"] { values[name] = inherited[name] }
        return .custom(
            Dictionary(uniqueKeysWithValues: values.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
    }()

    /// Calls `body` with a function that answers the next lines of the log, and nil at the end.
    static func lines<Value: Sendable>(
        of folder: String, _ body: @escaping (_ next: () async throws -> [LineReader.Line]?) async throws -> Value
    ) async throws -> Value {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure.badInput("\(folder) is no folder; give the folder of a git repository")
        }
        try await check(folder)
        return try await LineReader.lines(
            script: log, arguments: [folder], environment: environment,
            broken: "git could not read the whole history of \(folder); nothing was imported", body)
    }

    private static func check(_ folder: String) async throws {
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: [
                "-c", "command -v git >/dev/null || exit 9; " + git + " rev-parse --verify HEAD", "sh", folder,
            ],
            environment: environment, output: .discarded, error: .string(limit: 64 << 10))
        switch result.terminationStatus {
        case .exited(0): return
        case .exited(9): throw Failure("git is not installed; install it (apt-get install git) and try again")
        default:
            // git's first line says it: no repository, somebody else's, without a commit.
            let said = result.standardError.split(separator: "\n").first ?? ""
            let hint =
                said.contains("dubious ownership")
                ? "; if you trust it: git config --global --add safe.directory \(folder)" : ""
            throw Failure("\(folder) has no history that git can read: \(said.prefix(200))\(hint)")
        }
    }
}
