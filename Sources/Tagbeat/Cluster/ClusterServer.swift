import Foundation
import Glibc
import Logging

/// Starting and stopping the cluster's server. Whoever calls must hold the start lock.
struct ClusterServer: Sendable {
    let layout: ClusterLayout
    let logger: Logger

    var processes: ServerProcesses { ServerProcesses(cluster: layout.cluster) }

    /// Runs `body` while nobody else, in this process or another, starts or stops the cluster.
    func exclusively(_ body: () async throws -> Void) async throws {
        let lock = try layout.openLock(layout.startLock)
        if !lock.tryLock(.exclusive) {
            logger.debug("Waiting for another process that is starting or stopping the database.")
            guard try await lock.lock(.exclusive, patience: .seconds(120)) else {
                throw ClusterError.busy(lock: lock.path)
            }
        }
        defer { lock.unlock() }
        try await body()
    }

    /// Leaves with a server that is ready for connections.
    func ensureRunning() async throws {
        try layout.makeSocketFolder()
        removeUnfinishedClusters()
        let programs = try await findPrograms()
        if try await adopt() { return }
        try await clearTheWay()
        try await launchPatiently(programs)
    }

    private func findPrograms() async throws -> ServerPrograms {
        let installed = try await ServerPrograms.installed(searchPath: Shell.searchPath)
        guard let first = installed.first else { throw ClusterError.programsMissing }
        if try !clusterExists() { try await create(with: first) }
        let text = try? String(contentsOfFile: layout.cluster + "/PG_VERSION", encoding: .utf8)
        let major = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard let fitting = installed.first(where: { $0.major == major }) else {
            let majors = Array(Set(installed.map(\.major))).sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
            throw ClusterError.wrongVersion(path: layout.cluster, cluster: major, installed: majors)
        }
        return fitting
    }

    /// A folder that is there but empty, such as a fresh volume, is none yet.
    private func clusterExists() throws(ClusterError) -> Bool {
        guard FileStatus(layout.cluster) != nil else { return false }
        if FileStatus(layout.cluster + "/PG_VERSION") != nil { return true }
        guard (try? FileManager.default.contentsOfDirectory(atPath: layout.cluster))?.isEmpty == true else {
            throw .notACluster(path: layout.cluster)
        }
        return false
    }

    /// Whether a server of this cluster already runs, and can be reached.
    private func adopt() async throws -> Bool {
        guard let found = processes.postmaster() else { return false }
        if !found.isStopping, try await becomesReady(found.process) == .ready {
            if reaches() {
                logger.debug("The database is running already.", metadata: ["pid": "\(found.process)"])
                return true
            }
            // Its socket is gone: the folder was moved while it ran, or something tidied /tmp.
            logger.notice("The database's socket is gone: restarting it.", metadata: ["pid": "\(found.process)"])
            try await stop()
        }
        _ = try await ServerProcesses.wait(.seconds(60)) { processes.postmaster() == nil }
        return false
    }

    /// Plainly connects to the socket, as libpq will.
    func reaches() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: layout.socket.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Stops the server where one runs: `fast`, which ends its sessions and writes a checkpoint, and after a minute
    /// `immediate`, after which the next start has to recover. Nothing committed is lost by either.
    func stop() async throws {
        guard let server = processes.postmaster() else { return }
        try await end(server.process) { !processes.contains(server.process) }
    }

    /// The signal is repeated: a server that has only just begun does not listen to it yet.
    func end(_ process: pid_t, until isGone: () -> Bool) async throws {
        for (signal, patience) in [(SIGINT, Duration.seconds(60)), (SIGQUIT, .seconds(10))] {
            let deadline = ContinuousClock.now.advanced(by: patience)
            while ContinuousClock.now < deadline {
                if isGone() { return }
                kill(process, signal)
                if try await ServerProcesses.wait(.milliseconds(500), until: isGone) { return }
            }
        }
        logger.error("The database does not stop.", metadata: ["log": "\(layout.log)"])
    }
}
