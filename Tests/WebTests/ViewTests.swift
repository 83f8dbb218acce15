import HTTPTypes
import LibPQ
import Logging
import OCI
import Store
import TestSupport
import Testing

@testable import Web

@Suite struct ViewTests {
    private let seen: TagReference
    private let unseen: TagReference

    init() throws {
        seen = try TagReference(parsing: "a:1")
        unseen = try TagReference(parsing: "b:1")
    }

    /// However it is looked at, a tag that a visitor added is not retired.
    @Test(arguments: [
        "/tags/a:1", "/compare?image=a:1&image=other:1", "/?image=a:1&image=other:1",
        "/api/v1/compare?image=a:1&image=a:1", "/badges/changes/a:1.svg",
    ])
    func lookingKeepsATag(path: String) async throws {
        try await keepsATag { site in try await site.get(path) }
    }

    @Test func pastingKeepsATag() async throws {
        try await keepsATag { site in
            try await site.send(
                .post, "/", body: "text=FROM+a:1%0AFROM+other:1",
                headers: [.contentType: "application/x-www-form-urlencoded"])
        }
    }

    /// Written down beside the requests, and at the latest when the site ends.
    private func keepsATag(_ look: @Sendable @escaping (TestSite) async throws -> TestSite.Answer) async throws {
        let (seen, unseen) = (seen, unseen)
        try await TestSite.run { site in
            let before = TestSite.now.advanced(bySeconds: -3 * 86_400)
            try await site.store.track([seen, unseen], origin: .visitor, at: before)
            #expect(try await look(site).status == 200)
        } atEnd: { store in
            try await retire(in: store)
        }
    }

    private func retire(in store: TagStore) async throws {
        let since = TestSite.now.advanced(bySeconds: -86_400)
        #expect(try await store.retire(unviewedSince: since, at: TestSite.now) == 1)
        #expect(try await store.tag(seen)?.state == .pending)
        #expect(try await store.tag(unseen)?.state == .untracked)
    }

    /// Nobody loses a look to a database that is away for a while.
    @Test func whatCouldNotBeWrittenDownIsTriedAgain() async throws {
        let (seen, unseen) = (seen, unseen)
        let store = try await TestDatabase.migratedStore()
        defer { store.close() }
        try await store.track([seen, unseen], origin: .visitor, at: TestSite.now.advanced(bySeconds: -3 * 86_400))
        let tag = try #require(try await store.tag(seen))
        let log = ViewLog(store: store, clock: { TestSite.now }, logger: Logger(label: "test"))
        log.note([tag], at: TestSite.now)
        try await store.pool.transaction { try await $0.runScript("ALTER TABLE tags RENAME TO away") }
        await log.write()
        try await store.pool.transaction { try await $0.runScript("ALTER TABLE away RENAME TO tags") }
        // Taken note of already, and still to be written.
        log.note([tag], at: TestSite.now)
        await log.write()
        try await retire(in: store)
    }
}
