import HTTPTypes
import OCI
import Store
import Testing

@testable import Web

@Suite struct ViewTests {
    /// However it is looked at, a tag that a visitor added is not retired.
    @Test(arguments: [
        "/tags/a:1", "/compare?image=a:1&image=other:1", "/?image=a:1&image=other:1",
        "/api/v1/compare?image=a:1&image=a:1", "/badges/changes/a:1.svg",
    ])
    func lookingKeepsATag(path: String) async throws {
        try await TestSite.run { site in
            let (seen, unseen) = (try TagReference(parsing: "a:1"), try TagReference(parsing: "b:1"))
            let before = TestSite.now.advanced(bySeconds: -3 * 86_400)
            try await site.store.track([seen, unseen], origin: .visitor, at: before)
            #expect(try await site.get(path).status == 200)
            try await retire(seen, unseen, in: site)
        }
    }

    @Test func pastingKeepsATag() async throws {
        try await TestSite.run { site in
            let (seen, unseen) = (try TagReference(parsing: "a:1"), try TagReference(parsing: "b:1"))
            let before = TestSite.now.advanced(bySeconds: -3 * 86_400)
            try await site.store.track([seen, unseen], origin: .visitor, at: before)
            let answer = try await site.send(
                .post, "/", body: "text=FROM+a:1%0AFROM+other:1",
                headers: [.contentType: "application/x-www-form-urlencoded"])
            #expect(answer.status == 200)
            try await retire(seen, unseen, in: site)
        }
    }

    private func retire(_ seen: TagReference, _ unseen: TagReference, in site: TestSite) async throws {
        let since = TestSite.now.advanced(bySeconds: -86_400)
        #expect(try await site.store.retire(unviewedSince: since, at: TestSite.now) == 1)
        #expect(try await site.store.tag(seen)?.state == .pending)
        #expect(try await site.store.tag(unseen)?.state == .untracked)
    }
}
