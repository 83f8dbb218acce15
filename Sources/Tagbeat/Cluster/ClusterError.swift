/// Why the private PostgreSQL cluster cannot be had. Each description is one line that says what to do about it.
enum ClusterError: Error, Equatable, CustomStringConvertible {
    /// The data folder, or something in it, cannot be made, read or written.
    case folderUnusable(path: String, reason: String)
    /// The data folder is another user's.
    case foreignFolder(path: String, owner: String)
    /// `postgresql/` holds something that is no PostgreSQL cluster.
    case notACluster(path: String)
    /// PostgreSQL's server programs were not found.
    case programsMissing
    /// The cluster is of a major version whose programs are not installed.
    case wrongVersion(path: String, cluster: String, installed: [String])
    /// Run as root, and the machine has no unprivileged user to give the server to.
    case noServerUser
    /// The folder for the socket is not ours alone.
    case socketFolderUnsafe(path: String, reason: String)
    case diskFull(path: String)
    case creationFailed(reason: String)
    case startFailed(reason: String, log: String)
    /// Another process has been starting or stopping the cluster for too long.
    case busy(lock: String)

    var description: String {
        switch self {
        case .folderUnusable(let path, let reason):
            "The data folder cannot be used: \(path): \(reason). "
                + "Set TAGBEAT_DATA_DIR to a folder that this user may write to, or DATABASE_URL to a PostgreSQL server."
        case .foreignFolder(let path, let owner):
            "The data folder belongs to \(owner): \(path). "
                + "Run Tagbeat as \(owner), or set TAGBEAT_DATA_DIR to a folder of your own."
        case .notACluster(let path):
            "\(path) is neither empty nor a PostgreSQL cluster. Move it away, or set TAGBEAT_DATA_DIR to another folder."
        case .programsMissing:
            "PostgreSQL's server programs (initdb, postgres) were not found. "
                + "Install them with `apt-get install postgresql`, or set DATABASE_URL to a PostgreSQL server."
        case .wrongVersion(let path, let cluster, let installed):
            "The cluster in \(path) was made by PostgreSQL \(cluster), "
                + "but installed is PostgreSQL \(installed.formattedList). Nothing was changed: "
                + "install postgresql-\(cluster), or move the data with pg_upgrade."
        case .noServerUser:
            "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`. "
                + "Make one with `useradd --system postgres`, or run Tagbeat as an ordinary user."
        case .socketFolderUnsafe(let path, let reason):
            "The folder for the database's socket cannot be used: \(path): \(reason). "
                + "Remove it, or set TAGBEAT_DATA_DIR to a shorter path."
        case .diskFull(let path):
            "No space is left for the database in \(path). Free some space, or set TAGBEAT_DATA_DIR to another disk."
        case .creationFailed(let reason):
            "The database cluster could not be made: \(reason). "
                + "Put that right, or set DATABASE_URL to a PostgreSQL server."
        case .startFailed(let reason, let log):
            "PostgreSQL did not start: \(reason). Its log is \(log)."
        case .busy(let lock):
            "Another Tagbeat process has been starting or stopping the database for too long (\(lock) is locked). "
                + "End that process and try again."
        }
    }
}

extension [String] {
    fileprivate var formattedList: String { joined(separator: " and ") }
}
