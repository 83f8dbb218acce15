import Foundation

/// How pages are looked at, and where the pictures of them are kept for people to look at.
enum Browser {
    enum Scheme: String, CaseIterable, Sendable { case light, dark }

    static let widths = [1280, 390]

    static let folder: URL = {
        let root = ProcessInfo.processInfo.environment["TAGBEAT_ARTEFACTS"].map { URL(fileURLWithPath: $0) }
        let folder =
            root
            ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .appendingPathComponent(".build/artefacts")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()
}
