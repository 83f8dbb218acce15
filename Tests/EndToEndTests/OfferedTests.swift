import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// What a real registry offers, through the worker to the page; and tags that nobody looks at.
@Suite(.serialized) struct OfferedTests {
    private static func start(_ registry: DockerRegistry, in folder: TemporaryFolder, _ more: [String: String] = [:])
        async throws -> Site
    {
        try await Site.start(
            environment: [
                "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_PRIVATE_REGISTRIES": registry.name,
                "TAGBEAT_CHECK_INTERVAL": "1h",
            ].merging(more) { $1 })
    }

    @Test(.timeLimit(.minutes(3))) func aRepositorysTagsAreListedByTheWorker() async throws {
        let registry = try await DockerRegistry.anonymous()
        let folder = try TemporaryFolder()
        for tag in ["1.0", "1.1", "1.1-slim", "latest"] {
            try await registry.pusher.push("app", tag: tag, content: "a")
        }
        let site = try await Self.start(registry, in: folder)
        let path = "/api/v1/repositories/\(registry.name)/app/tags"
        let all = try await site.json(path)
        let items = try #require(all["items"] as? [[String: any Sendable]])
        #expect(items.compactMap { $0["tag"] as? String } == ["1.0", "1.1", "1.1-slim", "latest"])
        #expect(items.allSatisfy { $0["tracked"] as? Bool == false } && all["listedAt"] is String)
        // Good for some minutes, whatever comes meanwhile.
        try await registry.pusher.push("app", tag: "2.0", content: "b")
        let again = try await site.json(path + "?query=*1*")
        #expect((again["items"] as? [any Sendable])?.count == 2 + 1)
        #expect(again["listedAt"] as? String == all["listedAt"] as? String)
        #expect(try await site.get("/api/v1/repositories/\(registry.name)/nothing/tags").status == 404)
        // A registry that is away: said, and not taken for an empty one.
        let away = "/api/v1/repositories/127.0.0.1:9/app/tags"
        #expect(try await site.get(away).status == 422)
        try await registry.process.kill9()
        var failed = ""
        while !failed.contains("\"lastError\":\"") {
            failed = try await site.get("/api/v1/repositories/\(registry.name)/other/tags").text
        }
        #expect(failed.contains("\"listedAt\":null") && failed.contains("\"items\":[]"), "\(failed)")
        #expect(try await site.get("/tags/\(registry.name)/other:1?offered=").text.contains("did not list its tags"))
        #expect(await site.stop() == 0)
    }

    /// With the keyboard alone and without script.
    @Test func moreTagsAreTrackedFromATagsPage() async throws {
        let axe = try await PageTools.axe()
        let registry = try await DockerRegistry.anonymous()
        let folder = try TemporaryFolder()
        for number in 0..<56 { try await registry.pusher.push("app", tag: "1.\(number)-slim", content: "a") }
        let long = "a" + String(repeating: "-long-name", count: 12)
        for tag in ["1.55", "latest", long] { try await registry.pusher.push("app", tag: tag, content: "a") }
        let site = try await Self.start(registry, in: folder)
        let image = "\(registry.name)/app"
        #expect(try await site.request(.POST, "/api/v1/tags", json: "{\"image\":\"\(image):1.55\"}").status == 201)
        let chromium = try Chromium()
        let page = try await BrowserPage.open(in: chromium, width: 390, hasScript: false)
        try await page.go(to: site.address + "/tags/\(image):1.55")
        #expect(try await page.focus("#glob"))
        try await page.type("*-slim")
        try await page.follow { try await page.press("Enter") }
        #expect(try await page.url == site.address + "/tags/\(image):1.55?offered=*-slim")
        let boxes = "document.querySelectorAll('.choices input').length"
        #expect(try await page.evaluate(boxes) as? Int == 50)
        for name in ["1.55-slim", "1.50-slim"] {
            #expect(try await page.focus("input[value='\(name)']"))
            try await page.press("Space")
        }
        #expect(try await page.focus("#offered button.primary"))
        try await page.follow { try await page.press("Enter") }
        #expect(try await page.evaluate(boxes) as? Int == 48)
        for name in ["1.55-slim", "1.50-slim"] {
            let path = "/api/v1/tags/\(image):\(name)"
            _ = try await site.eventually(path) { $0["state"] as? String == "active" }
        }
        #expect(try await page.focus("#offered a.next"))
        try await page.follow { try await page.press("Enter") }
        #expect(try await page.evaluate(boxes) as? Int == 6)
        #expect(try await page.focus("#offered button[name=all]"))
        try await page.follow { try await page.press("Enter") }
        let status = "document.querySelector('#offered [role=status]').textContent"
        #expect((try await page.evaluate(status) as? String)?.hasPrefix("56 tags fit, 8 of them watched.") == true)
        let tracked = try await site.eventually("/api/v1/tags?repository=\(image)&state=active") {
            ($0["items"] as? [any Sendable])?.count == 9
        }
        #expect(tracked["next"] is NSNull)
        for scheme in Browser.Scheme.allCases {
            for width in Browser.widths {
                let page = try await BrowserPage.open(in: chromium, width: width, scheme: scheme)
                for path in ["/tags/\(image):1.55?offered=", "/repositories/\(image)?offered=*5*"] {
                    try await page.go(to: site.address + path)
                    let name = "offered-\(path.hasPrefix("/tags") ? "tag" : "repository")-\(scheme)-\(width)"
                    try await page.picture(name)
                    let wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    #expect(try await page.evaluate(wide) as? Int == 0, "\(name)")
                    let found = try await page.evaluate(axe + ";" + BrowserTests.rules) as? String
                    #expect(found == "", "\(name): \(found ?? "no answer")")
                }
                #expect(page.complaints.isEmpty, "\(page.complaints)")
            }
        }
        let html = try await site.get("/tags/\(image):1.55?offered=").text
        #expect(try await PageTools.errors(in: ["offered": html]) == "")
        await chromium.close()
        #expect(await site.stop() == 0)
    }

    /// TAGBEAT_RETIRE_UNVIEWED: a visitor's tag sleeps, the operator's does not, and a look wakes it.
    @Test func whatNobodyLooksAtIsCheckedNoMoreUntilSomebodyDoes() async throws {
        let registry = try await DockerRegistry.anonymous()
        let folder = try TemporaryFolder()
        for tag in ["visited", "kept"] { try await registry.pusher.push("app", tag: tag, content: "one") }
        let settings = ["TAGBEAT_RETIRE_UNVIEWED": "2s", "TAGBEAT_CHECK_INTERVAL": "1s"]
        let image = "\(registry.name)/app"
        var site = try await Self.start(registry, in: folder, settings)
        #expect(try await site.request(.POST, "/api/v1/tags", json: "{\"image\":\"\(image):visited\"}").status == 201)
        #expect(try await site.command("track", "\(image):kept").code == 0)
        _ = try await site.eventually("/api/v1/tags?state=active") { ($0["items"] as? [any Sendable])?.count == 2 }
        #expect(await site.stop() == 0)
        try await Task.sleep(for: .seconds(2.5))
        // A worker looks for them when it starts, and every hour.
        site = try await Self.start(registry, in: folder, settings)
        let asleep = try await site.eventually("/api/v1/tags?state=untracked") {
            ($0["items"] as? [any Sendable])?.count == 1
        }
        let item = try #require((asleep["items"] as? [[String: any Sendable]])?.first)
        #expect(item["tag"] as? String == "visited" && item["nextCheckAt"] is NSNull)
        for tag in ["visited", "kept"] { try await registry.pusher.push("app", tag: tag, content: "two") }
        let list = "/api/v1/changes"
        _ = try await site.eventually(list) { ($0["items"] as? [any Sendable])?.count == 3 }
        try await Task.sleep(for: .seconds(2))
        #expect((try await site.json(list)["items"] as? [any Sendable])?.count == 3)
        // The look itself tells that it is watched again; the worker goes on where it was.
        #expect(try await site.get("/tags/\(image):visited").status == 200)
        let woken = try await site.eventually("/api/v1/changes/\(image):visited") {
            ($0["items"] as? [any Sendable])?.count == 2
        }
        let kinds = (woken["items"] as? [[String: any Sendable]])?.compactMap { $0["kind"] as? String }
        #expect(kinds == ["rebuild", "first"])
        #expect(try await site.json("/api/v1/tags/\(image):visited")["state"] as? String == "active")
        #expect(await site.stop() == 0)
    }
}
