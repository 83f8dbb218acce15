import Glibc

/// Whom the server runs as. PostgreSQL refuses root, so as root it is given to an unprivileged user.
struct ServerUser: Sendable, Equatable {
    let id: uid_t
    let group: gid_t

    /// Whether a child process must change to this user first.
    var isDropped: Bool { geteuid() != id }

    /// Runs a program as this user. setpriv is part of util-linux, which no Debian is without; unlike `su` and
    /// `runuser` it needs neither a shell, a session nor an entry in the user database.
    var prefix: [String] {
        isDropped ? ["setpriv", "--reuid=\(id)", "--regid=\(group)", "--clear-groups", "--"] : []
    }

    static var current: ServerUser { ServerUser(id: geteuid(), group: getegid()) }

    /// The user for a cluster in `dataDirectory`.
    ///
    /// Whoever owns the cluster, or else the data folder, has to be it, for an ordinary user and root to be able to
    /// use the same folder; root's own folder goes to `postgres` or `nobody`.
    static func choose(cluster: FileStatus?, dataDirectory: FileStatus) throws(ClusterError) -> ServerUser {
        guard geteuid() == 0 else { return current }
        for status in [cluster, dataDirectory] {
            if let status, status.owner != 0 { return ServerUser(id: status.owner, group: status.group) }
        }
        for name in ["postgres", "nobody"] {
            if let user = lookUp(name), user.id != 0 { return user }
        }
        throw .noServerUser
    }

    static func lookUp(_ name: String) -> ServerUser? {
        withEntry { getpwnam_r(name, $0, $1, $2, $3) }.map { ServerUser(id: $0.id, group: $0.group) }
    }

    /// A user's name, or its number where the user database does not know it.
    static func name(of user: uid_t) -> String {
        withEntry { getpwuid_r(user, $0, $1, $2, $3) }?.name ?? "user \(user)"
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt

    private static func withEntry(_ look: Lookup) -> (id: uid_t, group: gid_t, name: String)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
            guard let base = buffer.baseAddress, look(&entry, base, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return nil }
            return (entry.pw_uid, entry.pw_gid, String(cString: name))
        }
    }
}
