import Foundation

/// A spool's folder, held by one import: by the kernel, so that it is free again when a process is killed.
final class SpoolLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StoreError/importedElsewhere``.
    init(_ folder: URL) throws {
        while true {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // Removed at this moment by the import that held it.
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0 else { throw CocoaError(.fileReadNoPermission) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let isHeld = errno == EWOULDBLOCK
                close(descriptor)
                throw isHeld ? StoreError.importedElsewhere : CocoaError(.fileLocking)
            }
            if Self.isSame(descriptor, folder) {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    private static func isSame(_ descriptor: Int32, _ folder: URL) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(folder.path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }
}
