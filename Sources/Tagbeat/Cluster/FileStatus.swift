import CDispatch
import Glibc

/// What stat(2) tells about a file.
struct FileStatus: Sendable, Equatable {
    let owner: uid_t
    let group: gid_t
    let permissions: mode_t
    let isDirectory: Bool
    let size: Int
    private let device: dev_t
    private let inode: ino_t

    /// - Parameter followingLinks: false looks at a symbolic link itself.
    init?(_ path: String, followingLinks: Bool = true) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        owner = status.st_uid
        group = status.st_gid
        permissions = status.st_mode & 0o7777
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        size = Int(status.st_size)
        device = status.st_dev
        inode = status.st_ino
    }

    func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

    /// Whether a user without other groups may pass through this folder, by its mode.
    func isPassable(for user: ServerUser) -> Bool {
        if owner == user.id { return permissions & S_IXUSR != 0 }
        if group == user.group { return permissions & S_IXGRP != 0 }
        return permissions & S_IXOTH != 0
    }
}
