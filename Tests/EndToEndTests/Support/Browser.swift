import Foundation
import Testing

/// Headless Chromium, once for each picture.
enum Browser {
    enum Scheme: String, CaseIterable { case light, dark }

    /// Where pictures are kept for people to look at.
    static let folder: URL = {
        let root = ProcessInfo.processInfo.environment["TAGBEAT_ARTEFACTS"].map { URL(fileURLWithPath: $0) }
        let folder = root ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .appendingPathComponent(".build/artefacts")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()

    /// - Returns: the PNG's width, height and share of its most common colour (1: an empty page).
    static func screenshot(_ url: String, name: String, width: Int, height: Int, _ scheme: Scheme) async throws -> URL {
        let file = folder.appendingPathComponent("\(name).png")
        try? FileManager.default.removeItem(at: file)
        let profile = FileManager.default.temporaryDirectory.appendingPathComponent("tagbeat-chromium-\(UUID())")
        defer { try? FileManager.default.removeItem(at: profile) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/chromium")
        process.arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--user-data-dir=\(profile.path)", "--window-size=\(width),\(height)",
            "--blink-settings=preferredColorScheme=\(scheme == .dark ? 0 : 1)", "--screenshot=\(file.path)", url,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(60)
        while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        if process.isRunning { process.terminate() }
        try #require(FileManager.default.fileExists(atPath: file.path), "no picture of \(url)")
        return file
    }
}
