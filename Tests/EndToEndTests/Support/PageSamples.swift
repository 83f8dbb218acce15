import Foundation
import TestSupport

/// A site with tags of every sort, and the pages that show them.
enum PageSamples {
    struct Sample: Sendable {
        let name: String
        let path: String
        var status = 200
    }

    /// Nobody answers there: what is shown is the imported history, and failing checks.
    private static let registry = "127.0.0.1:9"
    static let longName = String(repeating: "a-long-name/", count: 21) + "end"

    static let pages: [Sample] = [
        Sample(name: "overview", path: "/"),
        Sample(name: "search", path: "/?query=weekly"),
        Sample(name: "nothing-found", path: "/?query=nothing-like-that"),
        Sample(
            name: "images",
            path: "/?image=\(registry)/library/weekly:1@sha256:\(digest(7))&image=\(registry)/library/daily:1"
                + "&image=\(registry)/library/unknown:1&image=no+image"),
        Sample(name: "compare-nothing", path: "/compare"),
        Sample(
            name: "compare",
            path: "/compare?image=\(registry)/library/weekly:1&image=\(registry)/library/rare:1"
                + "&image=\(registry)/library/daily:1&image=\(registry)/library/unknown:1"),
        Sample(name: "tag", path: "/tags/\(registry)/library/weekly:1?digest=sha256:\(digest(7))"),
        Sample(name: "tag-bars", path: "/tags/\(registry)/library/monthly:1?bucket=month"),
        Sample(name: "tag-0", path: "/tags/\(registry)/library/changes:0"),
        Sample(name: "tag-1", path: "/tags/\(registry)/library/changes:1"),
        Sample(name: "tag-2", path: "/tags/\(registry)/library/changes:2"),
        Sample(name: "tag-5000", path: "/tags/\(registry)/library/changes:5000"),
        Sample(name: "tag-missing", path: "/tags/\(registry)/library/missing:1"),
        Sample(name: "tag-long", path: "/tags/\(registry)/\(longName):1"),
        Sample(name: "tag-ipv6", path: "/tags/%5B::1%5D:9/app:1"),
        Sample(name: "tag-unknown", path: "/tags/rust:1", status: 404),
        Sample(name: "repository", path: "/repositories/\(registry)/library/changes"),
        Sample(name: "repository-unknown", path: "/repositories/rust", status: 404),
        Sample(name: "status", path: "/status"),
        Sample(name: "docs", path: "/docs"),
        Sample(name: "error", path: "/python:3.12", status: 404),
    ]

    static func digest(_ number: Int) -> String { String(format: "%064x", number) }

    static func start(in folder: TemporaryFolder) async throws -> Site {
        let site = try await Site.start(environment: [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_CHECK_INTERVAL": "1h",
            "TAGBEAT_PRIVATE_REGISTRIES": "\(registry),[::1]:9",
        ])
        let file = try folder.write(history(), to: "history.ndjson")
        let imported = try await site.command("import", file)
        guard imported.code == 0 else { throw Chromium.Failure(description: imported.output) }
        return site
    }

    private static func history() -> String {
        var lines: [String] = []
        func add(_ image: String, daysAgo: [Double], source: String = "imported", endsMissing: Bool = false) {
            for (index, days) in daysAgo.enumerated() {
                let isGone = endsMissing && index == daysAgo.count - 1
                let value = isGone ? "null" : "\"sha256:\(digest(index + 1))\""
                lines.append(
                    "{\"image\":\"\(image)\",\"digest\":\(value),\"observedAt\":\"\(time(days))\",\"source\":\"\(source)\"}"
                )
            }
        }
        for (name, days) in [("weekly", 7.0), ("monthly", 30), ("daily", 1), ("rare", 200)] {
            add("\(registry)/library/\(name):1", daysAgo: Array(stride(from: 365, through: 1, by: -days)))
        }
        for count in [0, 1, 2, 5_000] {
            let days = (0...count).map { Double(count - $0) * (count > 100 ? 0.3 : 20) + 3 }
            add("\(registry)/library/changes:\(count)", daysAgo: days, source: "observed")
        }
        add("\(registry)/library/missing:1", daysAgo: [90, 60, 30, 2], endsMissing: true)
        add("\(registry)/\(longName):1", daysAgo: [90, 60], source: "registry")
        add("[::1]:9/app:1", daysAgo: [9, 6, 4], source: "sibling")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func time(_ daysAgo: Double) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -daysAgo * 86_400))
    }
}
