import Foundation
import Glibc

/// Where the cluster's parts are.
///
///     DATA_DIR/
///       postgresql/         the cluster (PostgreSQL's data directory)
///       postgresql.new-…    one being made; renamed when complete
///       postgresql.log      what the server says; cut when it grows
///       postgresql.users    locked, shared, by every process that uses the cluster
///       postgresql.start    locked by the process that starts or stops it
///       socket/             the Unix socket, or in /tmp where this path is too long for one
struct ClusterLayout: Sendable, Equatable {
    static let port = 5432

    let root: String
    let user: ServerUser
    let socketFolder: String
    /// False where a folder above `root` is closed to the server's user: root's test folders, for example.
    let isReachable: Bool

    var cluster: String { root + "/postgresql" }
    var log: String { root + "/postgresql.log" }
    var usersLock: String { root + "/postgresql.users" }
    var startLock: String { root + "/postgresql.start" }
    var temporaryPrefix: String { "postgresql.new-" }
    var postmasterFile: String { cluster + "/postmaster.pid" }
    var socket: String { socketFolder + "/.s.PGSQL.\(Self.port)" }

    /// libpq's connection string. Whatever the environment says of hosts and ports (PGPORT, PGHOSTADDR) is meant for
    /// other servers, so all of it is given here.
    var conninfo: String {
        let host = socketFolder.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "host='\(host)' hostaddr='' port=\(Self.port) dbname=tagbeat user=tagbeat"
    }

    init(root: String, user: ServerUser) {
        self.root = root
        self.user = user
        let preferred = root + "/socket"
        socketFolder =
            Self.canHoldSocket(preferred) ? preferred : "/tmp/tagbeat-\(String(Self.fingerprint(root), radix: 16))"
        isReachable = Self.ancestors(of: root).allSatisfy { FileStatus($0)?.isPassable(for: user) ?? false }
    }

    /// A Unix socket's path may have 107 bytes (unix(7)), and both libpq and the server read a comma or a quote in it
    /// as their own.
    static func canHoldSocket(_ folder: String) -> Bool {
        (folder + "/.s.PGSQL.\(port)").utf8.count <= 107
            && !folder.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
    }

    /// FNV-1a: every process has to arrive at the same short name. No secret is in it; who owns the folder is checked.
    static func fingerprint(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func ancestors(of path: String) -> [String] {
        var result: [String] = ["/"]
        for part in path.split(separator: "/").dropLast() {
            result.append((result.count == 1 ? "/" : result[result.count - 1] + "/") + part)
        }
        return result
    }
}

extension ClusterLayout {
    /// Makes the data folder and what Tagbeat keeps beside the cluster in it.
    static func prepare(dataDirectory: String) throws(ClusterError) -> ClusterLayout {
        let root = try makeRoot(dataDirectory)
        guard let rootStatus = FileStatus(root) else {
            throw .folderUnusable(path: root, reason: SystemError(errno).description)
        }
        let cluster = FileStatus(root + "/postgresql")
        if geteuid() != 0 {
            // Root's cluster is the server's user's; whose Tagbeat made it is seen by the lock.
            if let cluster, cluster.owner != geteuid(),
                let owner = FileStatus(root + "/postgresql.users")?.owner
                    ?? (access(root, W_OK) == 0 ? cluster.owner : nil)
            {
                throw .foreignFolder(path: root, owner: ServerUser.name(of: owner))
            }
            if rootStatus.owner != geteuid(), access(root, X_OK) != 0 {
                throw .foreignFolder(path: root, owner: ServerUser.name(of: rootStatus.owner))
            }
        }
        guard access(root, R_OK | W_OK | X_OK) == 0 else {
            throw .folderUnusable(path: root, reason: SystemError(errno).description)
        }
        let user = try ServerUser.choose(cluster: cluster, dataDirectory: rootStatus)
        if !rootStatus.isPassable(for: user) {
            // The server's user must get through to its cluster. Passing through is no reading.
            guard chmod(root, rootStatus.permissions | S_IXOTH) == 0 else {
                throw .folderUnusable(path: root, reason: SystemError(errno).description)
            }
        }
        return ClusterLayout(root: root, user: user)
    }

    private static func makeRoot(_ path: String) throws(ClusterError) -> String {
        var made = ""
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        let parts = absolute.split(separator: "/")
        for (index, part) in parts.enumerated() {
            made += "/" + part
            // Only the last folder is Tagbeat's own; as root the server's user must be able to pass through it.
            let mode: mode_t = index < parts.count - 1 ? 0o755 : geteuid() == 0 ? 0o711 : 0o700
            guard mkdir(made, mode) != 0 else { continue }
            let code = errno
            guard code != EEXIST, FileStatus(made)?.isDirectory != true else { continue }
            if code == ENOSPC { throw .diskFull(path: made) }
            throw .folderUnusable(path: made, reason: "it cannot be made: \(SystemError(code))")
        }
        guard let status = FileStatus(absolute) else {
            throw .folderUnusable(path: absolute, reason: SystemError(errno).description)
        }
        guard status.isDirectory else { throw .folderUnusable(path: absolute, reason: "it is not a folder") }
        // Without links, so that every process finds the same name for it.
        guard let real = realpath(absolute, nil) else {
            throw .folderUnusable(path: absolute, reason: SystemError(errno).description)
        }
        defer { free(real) }
        return String(cString: real)
    }

    /// The socket's folder is what keeps others out: it is the server's user's alone. In /tmp somebody else may have
    /// been there first, so what is found is checked, not taken over.
    func makeSocketFolder() throws(ClusterError) {
        if mkdir(socketFolder, 0o700) != 0, errno != EEXIST {
            if errno == ENOSPC { throw .diskFull(path: root) }
            throw .socketFolderUnsafe(path: socketFolder, reason: SystemError(errno).description)
        }
        // One that root made, perhaps just before it was killed. Nobody else can make root's folders.
        if user.isDropped, FileStatus(socketFolder, followingLinks: false)?.owner == geteuid() {
            _ = lchown(socketFolder, user.id, user.group)
        }
        guard let status = FileStatus(socketFolder, followingLinks: false), status.isDirectory else {
            throw .socketFolderUnsafe(path: socketFolder, reason: "it is not a folder")
        }
        guard status.owner == user.id else {
            throw .socketFolderUnsafe(
                path: socketFolder, reason: "it belongs to \(ServerUser.name(of: status.owner))")
        }
        guard status.permissions & 0o077 == 0 || chmod(socketFolder, 0o700) == 0 else {
            throw .socketFolderUnsafe(path: socketFolder, reason: SystemError(errno).description)
        }
    }

    /// Leaves nothing behind in /tmp. Beside the cluster the folder may stay.
    func removeSocketFolder() {
        if !socketFolder.hasPrefix(root + "/") { rmdir(socketFolder) }
    }

    func openLock(_ path: String) throws(ClusterError) -> FileLock {
        do {
            let lock = try FileLock(path: path)
            if let status = FileStatus(root) { lock.give(to: status.owner, group: status.group) }
            return lock
        } catch {
            if error.code == EACCES, let owner = FileStatus(path)?.owner, owner != geteuid() {
                throw .foreignFolder(path: root, owner: ServerUser.name(of: owner))
            }
            if error.code == ENOSPC { throw .diskFull(path: root) }
            throw .folderUnusable(path: path, reason: error.description)
        }
    }
}
