import Foundation
import TestSupport
import Testing

/// Each page in a real browser, light and dark, wide and on a phone; the pictures are kept to be looked at.
@Suite(.serialized) struct PictureTests {
    @Test func pagesLookAsTheyShould() async throws {
        let folder = try TemporaryFolder()
        let site = try await Site.start(environment: [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_CHECK_INTERVAL": "1h",
            // Nobody answers there: what is shown is the imported history, and failing checks.
            "TAGBEAT_PRIVATE_REGISTRIES": "127.0.0.1:9",
        ])
        let file = try folder.write(Self.history(), to: "history.ndjson")
        let imported = try await site.command("import", file)
        #expect(imported.code == 0, "\(imported.output)")
        let pages = ["overview": "/", "tag": "/tags/127.0.0.1:9/library/weekly:1", "status": "/status"]
        for (name, path) in pages {
            var sizes: [Int] = []
            for scheme in Browser.Scheme.allCases {
                for (width, height) in [(1280, 900), (390, 844)] {
                    let picture = try await Browser.screenshot(
                        site.address + path, name: "\(name)-\(scheme)-\(width)", width: width, height: height, scheme)
                    sizes.append(try Data(contentsOf: picture).count)
                }
            }
            // An empty or broken page compresses to almost nothing, and light and dark differ.
            #expect(sizes.allSatisfy { $0 > 8_000 }, "\(name): \(sizes)")
            #expect(Set(sizes).count == sizes.count, "\(name): \(sizes)")
        }
        #expect(await site.stop() == 0)
    }

    /// Some tags with rhythms of their own over the last year.
    private static func history() -> String {
        let now = Int(Date().timeIntervalSince1970)
        var lines: [String] = []
        for (name, days) in [("weekly", 7), ("monthly", 30), ("daily", 1), ("rare", 200)] {
            for (index, day) in stride(from: 365, through: 1, by: -days).enumerated() {
                let time = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(now - day * 86_400)))
                let digest = "sha256:" + String(format: "%064x", index * 7919 + days)
                lines.append(
                    "{\"image\":\"127.0.0.1:9/library/\(name):1\",\"digest\":\"\(digest)\",\"observedAt\":\"\(time)\"}")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
