import Glibc

/// An advisory lock on a file (flock(2)). It is the open file's, not the process's: two of them exclude each other
/// inside one process too, and the kernel gives it back however the process dies.
final class FileLock: Sendable {
    enum Mode: Sendable {
        case shared, exclusive
    }

    let path: String
    private let descriptor: CInt

    /// Opens the lock's file and makes it where it is missing. The file must never be removed: whoever still holds
    /// the removed one would not exclude those who open the new one.
    init(path: String) throws(SystemError) {
        // O_CLOEXEC: a server that inherited the descriptor would hold the lock for as long as it runs.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Gives a lock file made by root to the folder's owner, who must be able to open it as well.
    func give(to user: uid_t, group: gid_t) {
        if geteuid() == 0 { _ = fchown(descriptor, user, group) }
    }

    /// Takes the lock, or changes its mode, without waiting; false where somebody else's lock forbids it.
    func tryLock(_ mode: Mode) -> Bool {
        flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
    }

    func unlock() { _ = flock(descriptor, LOCK_UN) }

    /// Waits for the lock by asking again: a blocking flock would take a thread from Swift's pool.
    ///
    /// - Returns: false when `patience` has run out.
    /// - Throws: `CancellationError`.
    func lock(_ mode: Mode, patience: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now.advanced(by: patience)
        while !tryLock(mode) {
            if ContinuousClock.now >= deadline { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}

/// The reason of a failed system call, as text.
struct SystemError: Error, Equatable, CustomStringConvertible {
    let code: CInt

    init(_ code: CInt) { self.code = code }

    var description: String { String(cString: strerror(code)) }
}
