import Foundation
import Glibc
import Logging

extension ClusterServer {
    enum Readiness: Equatable {
        case ready, dead, slow
    }

    /// Removes what a crash left behind and a new server would stumble over.
    func clearTheWay() async throws {
        guard FileStatus(layout.postmasterFile) != nil || FileStatus(layout.socket + ".lock") != nil else { return }
        logger.notice("The database was not shut down: it will recover.")
        // A killed postmaster's children still hold its shared memory. They leave by themselves within moments,
        // unless a statement keeps them busy; without a postmaster they can do nothing useful any more.
        for (signal, patience) in [(0, Duration.seconds(3)), (SIGQUIT, .seconds(5)), (SIGKILL, .seconds(5))] {
            for process in processes.all() where signal != 0 { kill(process, signal) }
            if try await ServerProcesses.wait(patience, until: { processes.all().isEmpty }) { break }
        }
        // PostgreSQL judges a pid file by its number alone and refuses to start where that number is in use again,
        // by whatever. That no server runs here was just seen. A number that is not in use is left to PostgreSQL.
        if let stale = PostmasterFile(path: layout.postmasterFile), kill(stale.process, 0) == 0 || errno == EPERM {
            logger.notice(
                "Removing a stale postmaster.pid: no database has that process number now.",
                metadata: ["pid": "\(stale.process)"])
            unlink(layout.postmasterFile)
        }
        unlink(layout.socket + ".lock")
        unlink(layout.socket)
    }

    /// Starts the server; while orphans of the one before still hold its memory, for up to half a minute.
    func launchPatiently(_ programs: ServerPrograms) async throws {
        try makeLog()
        trimLog()
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while true {
            do {
                return try await launch(programs)
            } catch let error as ClusterError {
                guard case .startFailed(let reason, _) = error, reason.contains("still in use"),
                    ContinuousClock.now < deadline
                else { throw error }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private func launch(_ programs: ServerPrograms) async throws {
        let logStart = FileStatus(layout.log)?.size ?? 0
        // The server's process number comes back on standard output. In a task of its own, because a cancellation
        // between the server's start and the number's arrival would leave a server that nobody knows of.
        let answer = try await Task {
            try await runAsServerUser(
                "umask 077 && exec 2>>\"$1\" 3<\"$2\" && shift 2 && { \"$@\" >&2 & } && echo $!",
                [layout.log, layout.cluster], [programs.postgres] + serverArguments, detached: true)
        }.value
        guard answer.succeeded, let process = pid_t(answer.output.trimmingCharacters(in: .newlines)) else {
            throw failure(logStart, otherwise: answer.errors)
        }
        do {
            guard try await becomesReady(process) == .ready else {
                throw failure(logStart, otherwise: "it ended at once")
            }
            guard reaches() else { throw failure(logStart, otherwise: "its socket \(layout.socket) does not answer") }
        } catch {
            // Also where this task was cancelled meanwhile: no server is left behind that nobody asked for.
            _ = await Task { try await end(process) { !ServerProcesses.isAlive(process) } }.result
            throw error
        }
        logger.debug("The database runs.", metadata: ["pid": "\(process)", "socket": "\(layout.socketFolder)"])
    }

    /// Waits until the server says in its pid file that it takes connections. Recovery after a crash may take a while.
    func becomesReady(_ process: pid_t) async throws -> Readiness {
        let clock = ContinuousClock()
        let start = clock.now
        var told = Duration.seconds(5)
        while ServerProcesses.isAlive(process) {
            if let file = PostmasterFile(path: layout.postmasterFile), file.process == process {
                if file.isReady { return .ready }
                if file.isStopping { return .dead }
            }
            let waited = start.duration(to: clock.now)
            if waited > .seconds(600) { return .slow }
            if waited > told {
                logger.info("Waiting for the database to recover.", metadata: ["log": "\(layout.log)"])
                told *= 4
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return .dead
    }

    /// Where a folder above is closed to the server's user, the server gets its data directory as an open file: the
    /// kernel then asks for no right on the way to it. The server goes there at once and opens all else from there.
    var dataDirectoryArgument: String { layout.isReachable ? layout.cluster : "/proc/self/fd/3" }

    /// Runs a script whose last arguments are a command for the server's user. Where folders above are closed to that
    /// user, the script is run by root, which opens what is needed, and only the command by the user.
    func runAsServerUser(
        _ script: String, _ arguments: [String], _ command: [String], detached: Bool = false
    ) async throws -> Shell.Answer {
        let prefix = layout.user.prefix
        return layout.isReachable
            ? try await Shell.run(script, arguments + command, under: prefix, detached: detached)
            : try await Shell.run(script, arguments + prefix + command, detached: detached)
    }

    private var serverArguments: [String] {
        let folder =
            layout.isReachable || !layout.socketFolder.hasPrefix(layout.root + "/") ? layout.socketFolder : "../socket"
        let settings = [
            "listen_addresses=", "port=\(ClusterLayout.port)", "unix_socket_directories=\"\(folder)\"",
            "unix_socket_permissions=0700", "logging_collector=off", "log_destination=stderr",
            "cluster_name=tagbeat", ServerProcesses.mark(layout.cluster),
        ]
        return ["-D", dataDirectoryArgument] + settings.flatMap { ["-c", $0] }
    }

    private func makeLog() throws(ClusterError) {
        let log = open(layout.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard log >= 0 else {
            if errno == ENOSPC { throw .diskFull(path: layout.root) }
            throw .folderUnusable(path: layout.log, reason: SystemError(errno).description)
        }
        if layout.user.isDropped { _ = fchown(log, layout.user.id, layout.user.group) }
        close(log)
    }

    /// What the log says since a start, cut down to its reason.
    private func failure(_ logStart: Int, otherwise: String) -> ClusterError {
        var text = ""
        if let log = FileHandle(forReadingAtPath: layout.log) {
            try? log.seek(toOffset: UInt64(logStart))
            text = String(decoding: (try? log.read(upToCount: 1 << 16)) ?? Data(), as: UTF8.self)
            try? log.close()
        }
        if text.contains("No space left on device") { return .diskFull(path: layout.root) }
        let lines = text.split(separator: "\n")
        let telling = lines.last { $0.contains("FATAL:  ") || $0.contains("PANIC:  ") } ?? lines.last
        let reason = telling.map { $0.components(separatedBy: ":  ").last ?? String($0) } ?? otherwise.oneLine
        return .startFailed(reason: reason, log: layout.log)
    }

    /// The log is cut when the server starts and, by the process that watches over it, while it runs. The server
    /// appends, so it goes on writing at the new end.
    func trimLog(limit: Int = 8 << 20) {
        guard let size = FileStatus(layout.log)?.size, size > limit else { return }
        let old = layout.log + ".1"
        try? FileManager.default.removeItem(atPath: old)
        try? FileManager.default.copyItem(atPath: layout.log, toPath: old)
        truncate(layout.log, 0)
    }
}

extension String {
    /// The last line that says something, for messages of one line.
    var oneLine: String {
        split(separator: "\n").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "no reason given"
    }
}
