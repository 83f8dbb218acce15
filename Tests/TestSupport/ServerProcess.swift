import Foundation
import Subprocess

/// A server that a test starts on loopback; it dies with the test process however that ends.
///
/// As with `PostgresServer`, a guardian waits for the end of a pipe whose other end only the test process holds.
public final class ServerProcess: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    public let port: Int
    /// Holds the server's configuration, its log and its data. It goes with the server.
    public let folder: TemporaryFolder
    private let lifeline: FileHandle

    /// Returns when the server takes connections.
    public init(_ command: [String], port: Int, folder: TemporaryFolder) async throws {
        self.port = port
        self.folder = folder
        let pipe = folder.path + "/lifeline"
        // Opened for both ways, because opening a named pipe for one waits for the other side.
        guard mkfifo(pipe, 0o600) == 0, case let end = open(pipe, O_RDWR | O_CLOEXEC), end >= 0 else {
            throw Failure("mkfifo: errno \(errno)")
        }
        lifeline = FileHandle(fileDescriptor: end, closeOnDealloc: true)
        let script = """
            exec setsid --fork sh -c '
                folder=$1; shift
                "$@" >"$folder/log" 2>&1 </dev/null &
                echo $! >"$folder/pid.new" && mv "$folder/pid.new" "$folder/pid"
                cat >/dev/null
                kill $! 2>/dev/null
                for attempt in 1 2 3 4 5 6 7 8 9 10; do
                    kill -0 $! 2>/dev/null || break
                    sleep 0.1
                done
                kill -9 $! 2>/dev/null
                rm -rf "$folder"' guardian "$@" <"$1/lifeline" >/dev/null 2>&1
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: Arguments(["-c", script, "sh", folder.path] + command),
            output: .string(limit: 65536), error: .string(limit: 65536))
        guard result.terminationStatus.isSuccess else { throw Failure("\(command): \(result.standardError)") }
        for _ in 0..<400 {
            if await FreePort.isOpen(port) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Failure("\(command) did not open port \(port): \(log.suffix(2_000))")
    }

    public var log: String {
        (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
    }

    /// Ends the server now, as a crash would.
    public func kill9() async throws {
        let text = try String(contentsOfFile: folder.path + "/pid", encoding: .utf8)
        guard let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Failure("no pid") }
        kill(pid, SIGKILL)
        while await FreePort.isOpen(port) { try await Task.sleep(for: .milliseconds(10)) }
    }
}
