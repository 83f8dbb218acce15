import Foundation
import LibPQ
import Logging
import OCI
import Store
import TestSupport
import Testing

/// Nothing is lost and nothing doubled, whoever dies.
@Suite struct CrashTests {
    /// A registry that counts who asks for what.
    private static func countingRegistry(delay: Duration = .zero) async throws -> ScriptedRegistry {
        try await ScriptedRegistry { request in
            let digest = "sha256:" + String(repeating: "4", count: 64)
            return .init(
                200,
                [("Docker-Content-Digest", digest), ("Content-Type", "application/vnd.oci.image.manifest.v1+json")],
                delay: delay)
        }
    }

    private static func references(_ count: Int, _ registry: ScriptedRegistry) -> String {
        (0..<count).map { "\(registry.name)/app\($0 % 10):\($0)" }.joined(separator: "\n")
    }

    @Test func twoWorkersCheckNoTagTwice() async throws {
        let registry = try await Self.countingRegistry()
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let environment = [
            "DATABASE_URL": conninfo, "TAGBEAT_PRIVATE_REGISTRIES": registry.name, "TAGBEAT_CHECK_INTERVAL": "1h",
            "TAGBEAT_REQUESTS_PER_SECOND": "100000",
        ]
        let web = try await Site.start("serve", environment: environment)
        #expect(try await web.command("track", "-", input: Self.references(2_000, registry)).code == 0)
        let workers = [
            try await TagbeatProcess(["scrape"], environment: web.environment),
            try await TagbeatProcess(["scrape"], environment: web.environment),
        ]
        _ = try await web.eventually("/api/v1/tags?state=pending") { ($0["items"] as? [Any])?.isEmpty == true }
        #expect(registry.requests.filter { $0.method == "HEAD" && $0.target.contains("/manifests/") }.count == 2_000)
        for worker in workers {
            worker.signal(SIGTERM)
            #expect(await worker.end() == 0, "\(worker.output)")
        }
        #expect(await web.stop() == 0)
    }

    @Test func killedWorkerLosesNothing() async throws {
        let registry = try await Self.countingRegistry(delay: .milliseconds(30))
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let environment = [
            "DATABASE_URL": conninfo, "TAGBEAT_PRIVATE_REGISTRIES": registry.name, "TAGBEAT_CHECK_INTERVAL": "1h",
            "TAGBEAT_REQUESTS_PER_SECOND": "100000",
        ]
        let web = try await Site.start("serve", environment: environment)
        #expect(try await web.command("track", "-", input: Self.references(1_500, registry)).code == 0)
        let first = try await TagbeatProcess(["scrape"], environment: web.environment)
        while registry.requests.count < 300 { try await Task.sleep(for: .milliseconds(5)) }
        first.signal(SIGKILL)
        _ = await first.end()
        let second = try await TagbeatProcess(["scrape"], environment: web.environment)
        _ = try await web.eventually("/api/v1/tags?state=pending") { ($0["items"] as? [Any])?.isEmpty == true }
        let store = TagStore(conninfo: conninfo, logger: .init(label: "test"))
        #expect(try await changeCount(store) == 1_500)
        second.signal(SIGTERM)
        #expect(await second.end() == 0)
        #expect(await web.stop() == 0)
    }

    @Test func killedDatabaseLosesNothing() async throws {
        let registry = try await Self.countingRegistry(delay: .milliseconds(20))
        let folder = try TemporaryFolder()
        let site = try await Site.start(environment: [
            "TAGBEAT_DATA_DIR": folder.path + "/data", "TAGBEAT_PRIVATE_REGISTRIES": registry.name,
            "TAGBEAT_CHECK_INTERVAL": "1h", "TAGBEAT_REQUESTS_PER_SECOND": "100000",
        ])
        #expect(try await site.command("track", "-", input: Self.references(1_500, registry)).code == 0)
        while registry.requests.count < 300 { try await Task.sleep(for: .milliseconds(5)) }
        let file = try String(contentsOfFile: folder.path + "/data/postgresql/postmaster.pid", encoding: .utf8)
        let postmaster = try #require(file.split(separator: "\n").first.flatMap { Int32($0) })
        kill(postmaster, SIGKILL)
        _ = try await site.eventually("/api/v1/tags?state=pending", within: .seconds(60)) {
            ($0["items"] as? [Any])?.isEmpty == true
        }
        let changes = try await site.json("/api/v1/status")
        #expect("\(changes)".contains("1500"), "\(changes)")
        let export = try await site.command("export")
        let firsts = export.output.split(separator: "\n").filter { $0.hasPrefix("{") }
        #expect(Set(firsts.map { $0.split(separator: ",")[0] }).count == 1_500)
        #expect(await site.stop() == 0)
    }

    @Test func killedServiceStartsAgain() async throws {
        let folder = try TemporaryFolder()
        let environment = ["TAGBEAT_DATA_DIR": folder.path + "/data"]
        let site = try await Site.start(environment: environment)
        await site.kill9()
        let again = try await Site.start(environment: environment)
        #expect(try await again.get("/readyz").status == 200)
        #expect(await again.stop() == 0)
    }

    private func changeCount(_ store: TagStore) async throws -> Int {
        var total = 0
        var cursor: String?
        repeat {
            let page = try await store.changes(limit: 1_000, cursor: cursor)
            total += page.items.count
            cursor = page.next
        } while cursor != nil
        return total
    }
}
