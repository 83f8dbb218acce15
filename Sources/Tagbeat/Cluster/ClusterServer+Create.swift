import Foundation
import Glibc
import Logging

extension ClusterServer {
    /// For a small server of one application. They are the defaults of the cluster's own postgresql.conf, where the
    /// operator may change them; ALTER SYSTEM wins over them too.
    private static func settings(compression: String, preloads: Bool) -> String {
        """

        # Tagbeat's choices for a small server of its own.
        max_connections = 100
        shared_buffers = \(sharedMegabytes(of: Memory.available))MB
        \(preloads ? "shared_preload_libraries = 'pg_prewarm'   # after a restart memory holds what it held before" : "")
        random_page_cost = 1.1        # solid-state disks
        jit = off                     # short statements only: compiling them costs more than it saves
        max_wal_size = 512MB
        wal_compression = \(compression)
        log_min_messages = warning
        log_checkpoints = off
        timezone = 'UTC'
        log_timezone = 'UTC'

        """
    }

    /// An eighth of the memory that there is, within what a small server and a site of a million tags can use. It is taken
    /// as it is used; what the system keeps of files instead, it may drop while nobody looks.
    static func sharedMegabytes(of bytes: UInt64) -> UInt64 { min(4_096, max(128, bytes >> 20 / 8)) }

    /// Makes the cluster in a folder beside its place and moves it there when it is complete, database and all, so
    /// that a kill in the middle leaves nothing half-made behind.
    func create(with programs: ServerPrograms) async throws {
        logger.notice(
            "Making a private PostgreSQL cluster.",
            metadata: ["folder": "\(layout.cluster)", "version": "\(programs.major)"])
        let name = layout.temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 16)
        let folder = layout.root + "/" + name
        do {
            try await fill(folder, with: programs)
            try settle(folder)
            // A killed process's initdb, which wrote on when the folder was removed before, is done by now.
            removeUnfinishedClusters()
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// What a killed process was making. It held the start lock that is ours now, so nobody needs it any more.
    func removeUnfinishedClusters() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: layout.root)) ?? []
        for name in names where name.hasPrefix(layout.temporaryPrefix) {
            try? FileManager.default.removeItem(atPath: layout.root + "/" + name)
        }
    }

    private func fill(_ folder: String, with programs: ServerPrograms) async throws {
        guard mkdir(folder, 0o700) == 0 else { throw creationError(SystemError(errno).description) }
        if layout.user.isDropped, chown(folder, layout.user.id, layout.user.group) != 0 {
            throw creationError("\(folder) cannot be given to \(ServerUser.name(of: layout.user.id))")
        }
        let place = layout.isReachable ? folder : dataDirectoryArgument
        let initdb = [
            programs.initdb, "-D", place, "-U", "tagbeat", "-A", "trust", "-E", "UTF8", "--data-checksums", "--no-sync",
        ]
        // Sorted by code point, which is fast and the same everywhere; letters are what Unicode says.
        var answer = try await run(
            initdb + ["--locale=C.UTF-8", "--lc-collate=C", "--lc-messages=C", "-T", "english"], in: folder)
        if !answer.succeeded, answer.errors.contains("locale") {
            answer = try await run(initdb + ["--locale=C", "-T", "english"], in: folder)
        }
        guard answer.succeeded else { throw creationError(answer.errors) }
        // Ten times as fast as PostgreSQL's own, where the server was built with it.
        let asked = [programs.postgres, "-D", place, "-C", "wal_compression", "-c", "wal_compression=lz4"]
        let compression = try await run(asked, in: folder).succeeded ? "lz4" : "on"
        // What is asked for is computed with the libraries loaded; some distributions have them in a package of their own.
        let loading = [
            programs.postgres, "-D", place, "-C", "shared_memory_size", "-c", "shared_preload_libraries=pg_prewarm",
        ]
        let preloads = try await run(loading, in: folder).succeeded
        guard let file = FileHandle(forWritingAtPath: folder + "/postgresql.conf") else {
            throw creationError("\(folder)/postgresql.conf cannot be written")
        }
        do {
            try file.seekToEnd()
            try file.write(contentsOf: Data(Self.settings(compression: compression, preloads: preloads).utf8))
            try file.close()
        } catch {
            throw creationError(error.localizedDescription)
        }
        let single = [
            programs.postgres, "--single", "-D", place, "-c", "exit_on_error=on", "-c", "fsync=off", "postgres",
        ]
        answer = try await run(single, in: folder, input: "CREATE DATABASE tagbeat")
        guard answer.succeeded else { throw creationError(answer.errors) }
        // Everything to the disk at once, before the folder gets its name: initdb's and the server's own way, file by
        // file, takes seconds on a busy disk.
        _ = try await Shell.run("{ sync -f \"$1\" || sync; }", [folder])
    }

    /// Runs one of PostgreSQL's programs as the server's user, with the folder open as descriptor 3.
    private func run(_ command: [String], in folder: String, input: String = "") async throws -> Shell.Answer {
        try await runAsServerUser(
            "umask 077 && input=$1 && exec 3<\"$2\" && shift 2 && printf '%s\\n' \"$input\" | \"$@\"",
            [input, folder], command)
    }

    private func settle(_ folder: String) throws {
        guard rename(folder, layout.cluster) == 0 else { throw creationError(SystemError(errno).description) }
        // The new name has to survive a power failure as well as what it names.
        let root = open(layout.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return }
        fsync(root)
        close(root)
    }

    /// initdb's reasons begin with its name, and a last line says what it removed.
    private func creationError(_ text: String) -> ClusterError {
        if text.contains("No space left on device") { return .diskFull(path: layout.root) }
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let telling = lines.last { $0.contains("FATAL:") } ?? lines.last { $0.contains("error:") }
        return .creationFailed(reason: telling ?? text.oneLine)
    }
}
