public import Foundation
import LibPQ
import Subprocess

/// A throw-away PostgreSQL cluster on a Unix socket only, which dies with the test process however that ends.
///
/// A guardian process waits for the end of a pipe whose other end only the test process holds; the kernel closes it even
/// after kill -9, and the guardian then stops the server and removes the folder.
public final class PostgresServer: Sendable {
    /// Holds the cluster, its log and its socket.
    public let folder: URL
    private let programs: URL
    private let lifeline: FileHandle
    private let settings: [String]

    private static let sharedServer = Task { try await PostgresServer() }

    /// The server that all tests of this process share; started by the first that asks.
    public static func shared() async throws -> PostgresServer { try await sharedServer.value }

    /// A server of its own, for tests that kill, restart or set up it. It ends when this object does.
    /// - Parameter settings: more of postgresql.conf, as `name=value`.
    public init(settings: [String] = []) async throws {
        self.settings = settings
        programs = try Self.newestPrograms()
        // Short, because a socket's path may have 107 bytes at most.
        var template = Array("/tmp/tbpg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: errno \(errno)") }
        folder = URL(filePath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        lifeline = try await Self.startGuardian(of: folder, programs: programs)
        if geteuid() == 0 { try await Self.execute("chown", ["postgres:postgres", folder.path]) }
        try await program("initdb", ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        try await start()
    }

    /// libpq's connection string for one of the cluster's databases, as superuser.
    public func conninfo(database: String = "postgres") -> String {
        "host=\(folder.path) user=postgres dbname=\(database)"
    }

    /// - Parameter template: what an earlier call answered; nobody may be connected to that database.
    /// - Returns: the connection string of a fresh database.
    public func makeDatabase(template: String? = nil) async throws -> String {
        let name = "t_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let source = template.flatMap { $0.split(separator: "dbname=").last.map(String.init) } ?? "template1"
        let connection = try await Connection.connect(to: conninfo())
        defer { connection.close() }
        try await connection.runScript("CREATE DATABASE \(name) TEMPLATE \(source)")
        return conninfo(database: name)
    }

    /// Starts a stopped or killed server on the same folder; returns when it takes connections.
    public func start() async throws {
        let options =
            [
                "listen_addresses=''", "unix_socket_directories=\(folder.path)", "max_connections=200",
                "fsync=off", "full_page_writes=off", "shared_buffers=64MB",
            ] + settings
        let arguments = [
            "start", "-w", "-l", folder.path + "/log", "-o", options.map { "-c \($0)" }.joined(separator: " "),
        ]
        for attempt in 1... {
            do { return try await program("pg_ctl", arguments) } catch {
                // After kill -9 the old server's children may hold its shared memory for a moment.
                guard attempt < 20 else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// - Parameter immediately: as after a power cut, without telling the clients; otherwise sessions are ended in order.
    public func stop(immediately: Bool = false) async throws {
        try await program("pg_ctl", ["stop", "-w", "-m", immediately ? "immediate" : "fast"])
    }

    /// kill -9 of the server and every one of its sessions.
    public func kill9() async throws {
        let pidFile = try String(contentsOf: folder.appending(path: "data/postmaster.pid"), encoding: .utf8)
        guard let parent = pidFile.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw Failure("postmaster.pid cannot be read")
        }
        // Stopped first, so that it cannot react to the end of its children, nor start new ones.
        kill(parent, SIGSTOP)
        let task = try String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
        for child in task.split(separator: " ").compactMap({ Int32($0) }) { kill(child, SIGKILL) }
        kill(parent, SIGKILL)
        // It is there until its new parent, the system, has taken notice.
        for _ in 0..<1000 where kill(parent, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        init(_ description: String) { self.description = description }
    }

    private func program(_ name: String, _ arguments: [String]) async throws {
        let command =
            Self.asServerUser + [programs.appending(path: name).path, "-D", folder.path + "/data"] + arguments
        try await Self.execute(command[0], Array(command.dropFirst()))
    }

    /// PostgreSQL refuses to run as root.
    private static var asServerUser: [String] {
        geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : ["env"]
    }

    private static func newestPrograms() throws -> URL {
        let root = URL(filePath: "/usr/lib/postgresql")
        let versions = try FileManager.default.contentsOfDirectory(atPath: root.path).compactMap { Int($0) }
        guard let newest = versions.max() else { throw Failure("no PostgreSQL under \(root.path)") }
        return root.appending(path: "\(newest)/bin")
    }

    private static func execute(_ name: String, _ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), output: .string(limit: 65536), error: .string(limit: 65536))
        guard result.terminationStatus.isSuccess else {
            throw Failure("\(arguments.joined(separator: " ")): \(result.standardOutput) \(result.standardError)")
        }
    }

    /// - Returns: the pipe's end whose closing ends the server. It is closed on exec, so no child keeps it open.
    private static func startGuardian(of folder: URL, programs: URL) async throws -> FileHandle {
        let pipe = folder.path + "/lifeline"
        // Opened for both ways, because opening a named pipe for one waits for the other side.
        guard mkfifo(pipe, 0o600) == 0, case let lifeline = open(pipe, O_RDWR | O_CLOEXEC), lifeline >= 0 else {
            throw Failure("mkfifo: errno \(errno)")
        }
        // A session of its own: Ctrl-C in the terminal must not reach it before its work is done. Repeated, because initdb
        // or a start may be in full course when the test process dies. No child of ours, so nobody has to wait for it.
        let script = """
            exec setsid --fork sh -c '
                folder=$1; shift
                cat >/dev/null
                for attempt in 1 2 3 4 5 6 7 8; do
                    "$@" -D "$folder/data" -m immediate -w stop
                    rm -rf "$folder"
                    sleep 1
                    [ -e "$folder" ] || exit 0
                done' guardian "$@" <"$1/lifeline" >/dev/null 2>&1
            """
        try await execute(
            "sh", ["-c", script, "sh", folder.path] + asServerUser + [programs.appending(path: "pg_ctl").path])
        return FileHandle(fileDescriptor: lifeline, closeOnDealloc: true)
    }
}
