import Foundation
import Subprocess
import SystemPackage
import Testing

/// Headless Chromium, once for each picture.
enum Browser {
    enum Scheme: String, CaseIterable { case light, dark }

    /// Where pictures are kept for people to look at.
    static let folder: URL = {
        let root = ProcessInfo.processInfo.environment["TAGBEAT_ARTEFACTS"].map { URL(fileURLWithPath: $0) }
        let folder =
            root
            ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .appendingPathComponent(".build/artefacts")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()

    /// - Returns: the PNG file.
    static func screenshot(_ url: String, name: String, width: Int, height: Int, _ scheme: Scheme) async throws -> URL {
        let file = folder.appendingPathComponent("\(name).png")
        try? FileManager.default.removeItem(at: file)
        let profile = FileManager.default.temporaryDirectory.appendingPathComponent("tagbeat-chromium-\(UUID())")
        defer { try? FileManager.default.removeItem(at: profile) }
        _ = try await Subprocess.run(
            .path("/usr/bin/timeout"),
            arguments: [
                "60", "/usr/bin/chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--hide-scrollbars", "--user-data-dir=\(profile.path)", "--window-size=\(width),\(height)",
                "--blink-settings=preferredColorScheme=\(scheme == .dark ? 0 : 1)", "--screenshot=\(file.path)", url,
            ], output: .discarded, error: .discarded)
        try #require(FileManager.default.fileExists(atPath: file.path), "no picture of \(url)")
        return file
    }
}
