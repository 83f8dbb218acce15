import Foundation
import Glibc

/// `postmaster.pid`, the server's own note of itself in its data directory.
/// https://www.postgresql.org/docs/15/storage-file-layout.html; the lines are those of PostgreSQL's `pidfile.h`.
struct PostmasterFile: Sendable, Equatable {
    let process: pid_t
    /// Line 5; empty until the socket is there.
    let socketFolder: String
    /// Line 8: `starting`, `ready`, `standby` or `stopping`.
    let status: String

    var isReady: Bool { status == "ready" }
    var isStopping: Bool { status == "stopping" }

    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        // A single-user postgres writes its number negated.
        guard let first = lines.first, let process = pid_t(first), process != 0 else { return nil }
        self.process = abs(process)
        socketFolder = lines.count > 4 ? lines[4] : ""
        status = lines.count > 7 ? lines[7] : ""
    }

    init?(path: String) {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        self.init(text: text)
    }
}

/// Which processes are PostgreSQL's, in this very data directory. A process's number alone proves nothing: after a
/// crash it may be anybody's. But a server and its children live in their data directory, and /proc shows it.
struct ServerProcesses: Sendable {
    let cluster: String

    /// False also for a zombie, which kill(2) still finds: in a container nobody may ever collect it.
    func contains(_ process: pid_t) -> Bool {
        guard let here = FileStatus(cluster), let owner = FileStatus("/proc/\(process)")?.owner, owner == here.owner
        else {
            return false
        }
        if let there = FileStatus("/proc/\(process)/cwd") {
            guard there.isSameFile(as: here) else { return false }
        } else if errno != EACCES || !isMarked(process) {
            return false
        }
        let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
        return name.map { ["postgres", "postmaster"].contains($0.trimmingCharacters(in: .newlines)) } ?? false
    }

    /// A container's root may lack the capability to look at another user's process (CAP_SYS_PTRACE); its command
    /// line is open to all, and the postmaster's says whose it is.
    static func mark(_ cluster: String) -> String { "tagbeat.cluster=\(cluster)" }

    private func isMarked(_ process: pid_t) -> Bool {
        guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
        return line.split(separator: 0).contains { $0.elementsEqual(Self.mark(cluster).utf8) }
    }

    /// Every process of the cluster, the postmaster and its children alike.
    func all() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter(
            contains)
    }

    /// The postmaster that runs in the cluster now.
    func postmaster() -> PostmasterFile? {
        guard let file = PostmasterFile(path: cluster + "/postmaster.pid"), contains(file.process) else { return nil }
        return file
    }

    /// Whether a process that was just started still is there.
    static func isAlive(_ process: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        // "123 (name) Z …": the name may hold anything, so what counts is what follows its last bracket.
        return text.lastIndex(of: ")").map { !text[$0...].hasPrefix(") Z") } ?? false
    }

    /// Waits until a condition holds, asking again.
    ///
    /// - Throws: `CancellationError`.
    static func wait(_ patience: Duration, until condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now.advanced(by: patience)
        while !condition() {
            if ContinuousClock.now >= deadline { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
