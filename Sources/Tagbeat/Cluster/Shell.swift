import Foundation
import Subprocess

/// Runs a short script with sh; values are its arguments `$1`…, never pasted into it.
enum Shell {
    struct Answer: Sendable {
        let succeeded: Bool
        let output: String
        let errors: String
    }

    static let searchPath =
        ProcessInfo.processInfo.environment["PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/local/bin:/usr/bin:/bin"

    /// - Parameters:
    ///   - prefix: what sh itself is run by, such as setpriv and its arguments.
    ///   - detached: in a session of its own, out of reach of the terminal's Ctrl-C.
    /// - Throws: `SubprocessError` where sh cannot be run, `CancellationError`.
    static func run(_ script: String, _ arguments: [String], under prefix: [String] = [], detached: Bool = false)
        async throws -> Answer
    {
        let command = prefix + ["sh", "-c", "cd / && " + script, "sh"] + arguments
        var options = PlatformOptions()
        options.createSession = detached
        // Nothing of ours is handed on: not the secrets in Tagbeat's environment, and no PGPORT, PGDATA or LC_ALL
        // that would bend PostgreSQL's programs. They refuse a working directory that they cannot return to.
        let result = try await Subprocess.run(
            .name(command[0]),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(["PATH": searchPath + ":/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"]),
            platformOptions: options,
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        try Task.checkCancellation()
        return Answer(
            succeeded: result.terminationStatus.isSuccess, output: result.standardOutput, errors: result.standardError)
    }
}
