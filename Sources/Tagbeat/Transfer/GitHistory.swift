import Foundation
import OCI
import Store
import Subprocess
import SystemPackage

/// A git repository's history, read by one git process and line by line: memory is bounded by one chunk.
enum GitHistory {
    /// Nothing that the repository or its owner configured is run: no hooks, no pager, no external diff, no text
    /// conversion, no signature check, no fetching of what a partial clone lacks.
    private static let git = """
        git --no-pager -c core.hooksPath=/dev/null -c core.fsmonitor=false -c protocol.allow=never \
        -c log.showRoot=true -C "$1"
        """
    /// Only commits in which a digest came or went, each with its time and what it changed, parents first. The lines
    /// around a change are for images whose name stands beside the pinned tag.
    private static let log = """
        \(git) log -G'@sha256:[0-9a-f]{64}' --topo-order --reverse --no-merges --format=%x01%ct --patch --unified=3 \
        --no-color --no-ext-diff --no-textconv --no-renames --no-relative --submodule=short --no-show-signature \
        --no-notes HEAD --
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

    struct Answer {
        /// By time.
        let rows: [ImportRow]
        /// That pinned an image, or unpinned one.
        let commits: Int
        /// Pins without a tag, or without a name that can be one.
        let unusable: Int
        /// The clone lacks the beginning of its history.
        let isShallow: Bool
    }

    /// All pins of the history of HEAD.
    ///
    /// - Throws: ``Failure`` where there is no git, no repository, or no end of pins.
    static func pins(of folder: String, now: Timestamp) async throws -> Answer {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure.badInput("\(folder) is no folder; give the folder of a git repository")
        }
        let isShallow = try await check(folder)
        return try await LineReader.lines(
            script: log, arguments: [folder], environment: environment,
            broken: Failure("git could not read the whole history of \(folder); nothing was imported")
        ) { nextLines in
            var pins = GitPins(now: now)
            do {
                while let lines = try await nextLines() {
                    // A line too long is of no file that people write.
                    for line in lines { if let line = try? line.get() { try pins.take(line) } }
                    Console.progress("read \(pins.commits) commits that pin images")
                }
                let rows = try pins.finish()
                return Answer(rows: rows, commits: pins.commits, unusable: pins.unusable, isShallow: isShallow)
            } catch is GitPins.TooMany {
                throw Failure("the history of \(folder) pins more than \(GitPins.limit) images; nothing was imported")
            }
        }
    }

    /// Whether the clone is shallow.
    private static func check(_ folder: String) async throws -> Bool {
        let script = "command -v git >/dev/null || exit 9; \(git) rev-parse --is-shallow-repository HEAD --"
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", script, "sh", folder],
            environment: environment, output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
        switch result.terminationStatus {
        case .exited(0): return result.standardOutput.hasPrefix("true")
        case .exited(9): throw Failure("git is not installed; install it (apt-get install git) and try again")
        default:
            // git's first line says it: no repository, somebody else's, without a commit.
            let said = result.standardError.split(separator: "\n").first ?? ""
            let reason =
                if said.contains("dubious ownership") {
                    "it belongs to somebody else; if you trust it: git config --global --add safe.directory "
                        + "\(URL(fileURLWithPath: folder).standardizedFileURL.path)"
                } else if said.contains("'HEAD'") {
                    "it has no commit"
                } else if said.contains("not a git repository") {
                    "it is no git repository"
                } else {
                    PrintableText.excerpt(said, limit: 200)
                }
            throw Failure("no history can be read in \(folder): \(reason)")
        }
    }
}
