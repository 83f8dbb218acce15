import Foundation
import NIOHTTP1
import Store
import TestSupport
import Testing

/// From a real registry through the built program to the API and the page.
@Suite struct LifeOfATagTests {
    @Test func onePushIsOneUpdateEverywhere() async throws {
        let registry = try await DockerRegistry.anonymous()
        let folder = try TemporaryFolder()
        for tag in ["1", "2", "3"] { _ = try await registry.pusher.push("app", tag: tag, content: "first \(tag)") }
        let site = try await Site.start(
            environment: ["TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_PRIVATE_REGISTRIES": registry.name])
        let image = "\(registry.name)/app"

        let track = try await site.command("track", "\(image):1", "\(image):2", "\(image):3")
        #expect(track.code == 0, "\(track.output)")
        for tag in ["1", "2", "3"] {
            _ = try await site.eventually("/api/v1/tags/\(image):\(tag)") { $0["state"] as? String == "active" }
        }
        let moved = try await registry.pusher.push("app", tag: "2", content: "second")
        let tag = try await site.eventually("/api/v1/tags/\(image):2") { $0["digest"] as? String == moved }
        let statistics = try #require(tag["statistics"] as? [String: any Sendable])
        #expect(statistics["updates"] as? Int == 1)
        #expect(statistics["changes"] as? Int == 1)

        let changes = try #require(
            try await site.json("/api/v1/changes/\(image):2")["items"] as? [[String: any Sendable]])
        #expect(changes.compactMap { $0["kind"] as? String } == ["rebuild", "first"])
        #expect(changes[0]["digest"] as? String == moved)
        #expect(changes[0]["previousDigest"] as? String == changes[1]["digest"] as? String)
        for other in ["1", "3"] {
            let items = try await site.json("/api/v1/changes/\(image):\(other)")["items"] as? [[String: any Sendable]]
            #expect(items?.count == 1)
        }
        let weeks = try #require(
            try await site.json("/api/v1/histogram/\(image):2?bucket=week")["items"] as? [[String: any Sendable]])
        #expect(weeks.compactMap { $0["updates"] as? Int }.reduce(0, +) == 1)
        let page = try await site.get("/tags/\(image):2")
        #expect(page.status == 200)
        #expect(page.text.contains("<svg") && page.text.contains(moved))

        try await removed(registry, site, image)
        #expect(await site.stop() == 0)
    }

    /// A tag that the registry no longer has is missing, keeps its history, and may come back.
    private func removed(_ registry: DockerRegistry, _ site: Site, _ image: String) async throws {
        let digest = try #require(try await site.json("/api/v1/tags/\(image):3")["digest"] as? String)
        try await registry.pusher.delete("app", digest: digest)
        let missing = try await site.eventually("/api/v1/tags/\(image):3") { $0["state"] as? String == "missing" }
        #expect(missing["digest"] is NSNull)
        let changes = try await site.json("/api/v1/changes/\(image):3")["items"] as? [[String: any Sendable]]
        #expect(changes?.compactMap { $0["kind"] as? String } == ["missing", "first"])
        #expect(try await site.get("/tags/\(image):3").text.contains(digest))

        let back = try await registry.pusher.push("app", tag: "3", content: "back again")
        _ = try await site.eventually("/api/v1/tags/\(image):3") { $0["digest"] as? String == back }
        let all = try await site.json("/api/v1/changes/\(image):3")["items"] as? [[String: any Sendable]]
        #expect(all?.compactMap { $0["kind"] as? String } == ["rebuild", "returned", "missing", "first"])
    }

    @Test func apiTracksChecksAndUntracks() async throws {
        let registry = try await DockerRegistry.htpasswd(username: "reader", password: "pässword")
        let folder = try TemporaryFolder()
        let digest = try await registry.pusher.push("team/app", tag: "latest", content: "one")
        let config = try folder.write(
            """
            registries:
              "\(registry.name)":
                username: reader
                password: ${SECRET:-pässword}
            """, to: "tagbeat.yaml")
        let site = try await Site.start(environment: [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_PRIVATE_REGISTRIES": registry.name,
            "TAGBEAT_CONFIG": config, "TAGBEAT_CHECK_INTERVAL": "1h",
        ])
        let image = "\(registry.name)/team/app"
        let added = try await site.request(.POST, "/api/v1/tags", json: "{\"image\":\"\(image)\"}")
        #expect(added.status == 201, "\(added.text)")
        #expect(added.text.contains(digest))
        #expect(try await site.request(.POST, "/api/v1/tags", json: "{\"image\":\"\(image)\"}").status == 200)
        let none = try await site.request(.POST, "/api/v1/tags", json: "{\"image\":\"\(image):nosuch\"}")
        #expect(none.status == 404, "\(none.text)")
        #expect(try await site.get("/api/v1/tags/\(image):nosuch").status == 404)

        let second = try await registry.pusher.push("team/app", tag: "latest", content: "two")
        let check = try await site.request(.POST, "/api/v1/checks/\(image)")
        #expect(check.status == 200)
        #expect(check.text.contains("\"changed\"") && check.text.contains(second))
        let again = try await site.command("check", image, "--json")
        #expect(again.code == 0 && again.output.contains("\"unchanged\""), "\(again.output)")

        #expect(try await site.request(.DELETE, "/api/v1/tags/\(image)").status == 401)
        let deleted = try await site.request(.DELETE, "/api/v1/tags/\(image)", token: "test-admin-token")
        #expect(deleted.status == 204 || deleted.status == 200, "\(deleted)")
        #expect(try await site.json("/api/v1/tags/\(image)")["state"] as? String == "untracked")
        let history = try await site.json("/api/v1/changes/\(image)")["items"] as? [[String: any Sendable]]
        #expect(history?.count == 2)
        #expect(!site.process.output.contains("pässword"))
        #expect(await site.stop() == 0)
    }

    /// Without a running service the commands start the database and a worker for their own duration.
    @Test func commandsWorkAlone() async throws {
        let registry = try await DockerRegistry.anonymous()
        let folder = try TemporaryFolder()
        let digest = try await registry.pusher.push("app", tag: "1", content: "one")
        let environment = [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_PRIVATE_REGISTRIES": registry.name,
            "DOCKER_CONFIG": "/nonexistent",
            // Checked once: an export tells of a later check than the last change, which an import would keep.
            "TAGBEAT_CHECK_INTERVAL": "1d",
        ]
        func run(_ arguments: String..., input: String = "") async throws -> CommandResult {
            let process = try await TagbeatProcess(arguments, environment: environment, input: input)
            return CommandResult(code: await process.end(), output: process.output)
        }
        let image = "\(registry.name)/app:1"
        #expect(try await run("track", image).code == 0)
        let check = try await run("check", image)
        #expect(check.code == 0 && check.output.contains(digest), "\(check.output)")
        let stats = try await run("stats", image, "--json")
        #expect(stats.code == 0 && stats.output.contains(digest), "\(stats.output)")
        let past = try await run("stats", image, "--json", "--at", "2020-01-01T00:00:00Z")
        #expect(past.code == 0 && past.output.contains("2020-01-01T00:00:00Z"), "\(past.output)")
        #expect(try await run("compare", image, image, "--at", "2020-01-01T00:00:00Z").code == 0)
        #expect(try await run("stats", image, "--at", "then").code == 2)
        let scrape = try await run("scrape", "--once")
        #expect(scrape.code == 0, "\(scrape.output)")
        let list = try await run("list")
        #expect(list.code == 0 && list.output.contains(image), "\(list.output)")
        let sorted = try await run("list", "--sort", "-changes")
        #expect(sorted.code == 0 && sorted.output.contains("CHANGES"), "\(sorted.output)")

        let export = try await run("export")
        #expect(export.code == 0 && export.output.contains(digest))
        let lines = export.output.split(separator: "\n").filter { $0.hasPrefix("{") }.joined(separator: "\n")
        let same = try await run("import", "-", "--json", input: lines)
        #expect(same.code == 0 && same.output.contains("\"newRows\":0"), "\(same.output) \(lines)")
        let bad = try await run("import", "-", input: lines + "\n{\"image\":\"python\"}\n")
        #expect(bad.code == 2 && bad.output.contains("line"), "\(bad.output)")
        #expect(try await run("untrack", image).code == 0)
        #expect(try await run("untrack", image).code == 1)
        // The last one out has stopped the server.
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/postgresql/postmaster.pid"))
    }
}
