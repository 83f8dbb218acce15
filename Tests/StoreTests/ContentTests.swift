import LibPQ
import OCI
import TagHistory
import TestSupport
import Testing

@testable import Store

/// What digests hold, and what changes were because of it. Digests are letters, as in `Checker.live`.
@Suite(.throttled) struct ContentTests {
    static let amd64 = Platform(os: "linux", architecture: "amd64")

    /// "amd64:x arm64:y x=1,2": an index of platforms with manifests, and the layers of those that were read. Without a
    /// colon a single image: "=1,2". `v:1.2` after `|` is its version.
    static func content(_ name: String, _ text: String) throws -> Content {
        let parts = text.split(separator: "|")
        var platforms: [PlatformDigest] = []
        var images: [Content.Image] = []
        for word in parts[0].split(separator: " ") {
            if let colon = word.firstIndex(of: ":") {
                let platform = try #require(Platform(parsing: "linux/" + word[..<colon]))
                platforms.append(
                    PlatformDigest(platform: platform, digest: try digest(String(word[word.index(after: colon)...]))))
            } else {
                let image = word.split(separator: "=", omittingEmptySubsequences: false)
                let layers = try image[1].split(separator: ",").map { try digest("layer" + $0) }
                images.append(.init(digest: try digest(image[0].isEmpty ? name : String(image[0])), layers: layers))
            }
        }
        let isIndex = images.first?.digest != (try digest(name))
        return Content(
            digest: try digest(name), mediaType: isIndex ? .ociIndex : .ociManifest, isIndex: isIndex,
            platforms: platforms, images: images,
            facts: ImageFacts(version: parts.count > 1 ? String(parts[1]) : nil))
    }

    /// A store with one tag and a reader that answers everything that is asked for from a table.
    struct Reader {
        let store: TagStore
        let checker: Checker
        var contents: [String: String] = [:]

        init(_ tags: [String] = ["app:1"]) async throws {
            store = try await TestDatabase.migratedStore()
            try await store.track(try tags.map(reference), origin: .operator, at: hour(0))
            checker = try await Checker(store)
        }

        func claims(at hours: Double, limit: Int = 100) async throws -> [ContentClaim] {
            var claims: [ContentClaim] = []
            for lane in try await store.contentLanes() where lane.nextAt <= hour(hours) {
                claims += try await store.claimContents(
                    registryID: lane.registryID, limit: limit, lease: 60, at: hour(hours))
            }
            return claims
        }

        /// Reads until nothing is asked for any more.
        /// - Returns: the digests that were asked of the registry, in order.
        @discardableResult
        func read(at hours: Double) async throws -> [String] {
            var asked: [String] = []
            while let claim = try await claims(at: hours, limit: 1).first {
                let name = String(decoding: claim.digest.bytes.prefix { $0 != 0 }, as: UTF8.self)
                if !claim.isSettled { asked.append(name + (claim.isPart ? "*" : "")) }
                if claim.isSettled {
                    try await store.record(nil, of: claim, at: hour(hours))
                } else if let text = contents[name] {
                    try await store.record(try ContentTests.content(name, text), of: claim, at: hour(hours))
                } else {
                    try await store.giveUp(claim, isGone: true, reason: "gone", at: hour(hours))
                }
            }
            return asked
        }

        /// "rebuild amd64,arm64" of every change, oldest first.
        func kinds(of name: String = "app:1") async throws -> [String] {
            let id = try #require(try await store.tag(try reference(name))).id
            return try await store.history(of: id).filter(\.kind.isChange).map { change in
                let platforms = change.platforms.map { $0.description.dropFirst("linux/".count) }
                return change.kind.name + (platforms.isEmpty ? "" : " " + platforms.joined(separator: ","))
            }
        }
    }

    @Test func aChangeIsReadAndSaid() async throws {
        var reader = try await Reader()
        reader.contents = ["A": "amd64:a arm64:b a=1", "B": "amd64:c arm64:b c=2", "C": "amd64:c arm64:b"]
        try await reader.checker.live("A")
        #expect(try await reader.read(at: 0) == ["A"])
        try await reader.checker.live("B", from: 1)
        #expect(try await reader.kinds() == ["rebuild"])
        #expect(try await reader.read(at: 1) == ["B"])
        #expect(try await reader.kinds() == ["rebuild amd64"])
        try await reader.checker.live("C A B", from: 2)
        #expect(try await reader.read(at: 4) == ["C"])
        // What is known already is said at once, and nothing is asked for twice.
        #expect(try await reader.kinds() == ["rebuild amd64", "metadata", "rebuild amd64", "rebuild amd64"])
        let tag = try #require(try await reader.store.tag(try reference("app:1")))
        #expect(tag.platforms.map(\.platform.description) == ["linux/amd64", "linux/arm64"])
        #expect(tag.platforms.map(\.digest) == [try digest("c"), try digest("b")])
    }

    @Test func noopNeedsEveryPlatformsLayers() async throws {
        var reader = try await Reader()
        reader.contents = [
            "A": "amd64:a arm64:b a=1,2", "B": "amd64:c arm64:d c=1,2", "a": "=1,2", "b": "=3", "c": "=1,2", "d": "=3",
        ]
        try await reader.checker.live("A B")
        #expect(try await reader.read(at: 1).sorted() == ["A", "B", "b*", "d*"])
        #expect(try await reader.kinds() == ["noop amd64,arm64"])
        // The layers of one that is gone: it stays a rebuild, and nobody asks again.
        var poorer = try await Reader()
        poorer.contents = reader.contents
        poorer.contents["b"] = nil
        try await poorer.checker.live("A B")
        #expect(try await poorer.read(at: 1).sorted() == ["A", "B", "b*", "d*"])
        #expect(try await poorer.kinds() == ["rebuild amd64,arm64"])
        try await poorer.checker.live("A B", from: 2)
        #expect(try await poorer.read(at: 4) == [])
    }

    @Test func aSideThatIsGoneStaysUnknown() async throws {
        var reader = try await Reader()
        reader.contents = ["B": "amd64:c c=2"]
        try await reader.checker.live("A B")
        #expect(Set(try await reader.read(at: 1)) == ["A", "B"])
        #expect(try await reader.kinds() == ["rebuild"])
        try await reader.checker.live("A", from: 2)
        #expect(try await reader.read(at: 2) == [])
    }

    @Test func singleImagesAndTheirFacts() async throws {
        var reader = try await Reader()
        reader.contents = ["A": "amd64:A =1|1.0", "B": "amd64:B =1|1.1", "C": "amd64:C =2|1.2"]
        try await reader.checker.live("A B C")
        #expect(Set(try await reader.read(at: 2)) == ["A", "B", "C"])
        #expect(try await reader.kinds() == ["noop amd64", "rebuild amd64"])
        let tag = try #require(try await reader.store.tag(try reference("app:1")))
        #expect(tag.platforms == [PlatformDigest(platform: Self.amd64, digest: try digest("C"))])
    }

    @Test func manyTagsShareWhatIsRead() async throws {
        var reader = try await Reader((1...250).map { "app:\($0)" })
        reader.contents = ["A": "amd64:a a=1", "B": "amd64:a arm64:b"]
        try await reader.checker.live("A B")
        #expect(try await reader.read(at: 1).sorted() == ["A", "B"])
        for name in ["app:1", "app:100", "app:250"] {
            #expect(try await reader.kinds(of: name) == ["platforms arm64"])
        }
        let tag = try #require(try await reader.store.tag(try reference("app:250")))
        #expect(tag.lastChangedAt == hour(1))
    }

    @Test func whatListingsTell() async throws {
        var reader = try await Reader()
        reader.contents = ["A": "amd64:a arm64:b a=1", "B": "amd64:a arm64:c"]
        try await reader.checker.live("A B")
        let told = try ["A", "B"].map { (try digest($0), try Self.content($0, reader.contents[$0]!).platforms) }
        try await reader.store.takeListed(Dictionary(uniqueKeysWithValues: told), at: hour(1))
        #expect(try await reader.kinds() == ["rebuild arm64"])
        // A listing that tells otherwise later is not heard, what is read is.
        try await reader.store.takeListed(
            [try digest("B"): [PlatformDigest(platform: Self.amd64, digest: try digest("x"))]], at: hour(1))
        #expect(try await reader.kinds() == ["rebuild arm64"])
        reader.contents["B"] = "amd64:a arm64:b"
        #expect(try await reader.read(at: 1).sorted() == ["A", "B", "b*", "c*"])
        #expect(try await reader.kinds() == ["metadata"])
        // Nothing at all, and of digests that nobody knows.
        try await reader.store.takeListed([try digest("B"): [], try digest("never"): []], at: hour(1))
        try await reader.store.takeListed(
            [try digest("never"): [PlatformDigest(platform: Self.amd64, digest: try digest("x"))]], at: hour(1))
    }

    @Test func laterImportsAskWhatIsKnown() async throws {
        var reader = try await Reader()
        reader.contents = ["A": "amd64:a a=1", "B": "amd64:b b=2", "C": "amd64:b"]
        try await reader.checker.live("A C", from: 10)
        try await reader.checker.live("B", from: 20)
        try await reader.read(at: 20)
        #expect(try await reader.kinds() == ["rebuild amd64", "metadata"])
        try await reader.store.importAll("B@10.5", at: hour(20))
        #expect(
            try await reader.rows() == [
                "first A@10", "rebuild A>B@10.5>10", "metadata B>C@11>10.5", "metadata! C>B@20>11",
            ])
        #expect(try await reader.kinds() == ["rebuild amd64", "metadata", "metadata"])
        // Once more changes nothing.
        #expect(try await reader.store.importAll("B@10.5", at: hour(20)).newRows == 0)
    }

    @Test func importedDigestsAreAskedForLater() async throws {
        var reader = try await Reader()
        reader.contents = ["A": "amd64:a a=1", "B": "amd64:b b=2"]
        try await reader.store.importAll("A@-5 B@-3", at: hour(0))
        try await reader.checker.live("B")
        #expect(try await reader.read(at: 0) == [])
        try await reader.store.queueUnreadContents(at: hour(0))
        #expect(try await reader.read(at: 0) == ["B"])
        try await reader.store.queueUnreadContents(at: hour(1))
        #expect(try await reader.read(at: 1) == [])
    }

    /// Who asks for a check looks at the tag, and waits for its platforms.
    @Test func whatSomebodyLooksAtIsReadFirst() async throws {
        var reader = try await Reader()
        reader.contents = ["B": "amd64:b b=2"]
        try await reader.store.importAll("A@-5 B@-3", at: hour(0))
        for time in [1.0, 2] {
            let worker = reader.checker.worker
            _ = try await reader.store.requestCheck(of: reference("app:1"), at: hour(time))
            let claims = try await reader.store.claimRequested(worker: worker, limit: 10, lease: 60, at: hour(time))
            _ = try await reader.checker.record(claims, .digest("B"), at: hour(time))
            // Once.
            #expect(try await reader.read(at: time) == (time == 1 ? ["B"] : []))
        }
    }

    /// Neither does it take from a reader what he reads, nor from a failing registry its pause.
    @Test func whatIsReadNowOrFailedKeepsItsTime() async throws {
        let reader = try await Reader()
        try await reader.store.importAll("A@-5 B@-3", at: hour(0))
        try await reader.store.queueUnreadContents(at: hour(0))
        func ask(at time: Double) async throws -> Int {
            try await reader.store.pool.run(QueueAwaited(tagIDs: [1], now: hour(time))).affected
        }
        let claim = try #require(try await reader.claims(at: 0).first)
        #expect(try await ask(at: 0) == 0)
        try await reader.store.postpone(claim, until: hour(5), failed: true)
        #expect(try await ask(at: 1) == 0)
        #expect(try await reader.claims(at: 4).isEmpty)
        let again = try #require(try await reader.claims(at: 5).first)
        try await reader.store.postpone(again, until: hour(9), failed: false)
        #expect(try await ask(at: 6) == 0 && again.tries == 1)
    }

    @Test func claimsAreForOneWorkerAndRunOut() async throws {
        let reader = try await Reader()
        try await reader.checker.live("A B")
        #expect(try await reader.claims(at: 1).count == 2)
        #expect(try await reader.claims(at: 1).isEmpty)
        let again = try await reader.claims(at: 1.1)
        #expect(again.count == 2)
        try await reader.store.postpone(again[0], until: hour(5), failed: true)
        try await reader.store.postpone(again[1], until: hour(6), failed: false)
        #expect(try await reader.claims(at: 4).isEmpty)
        #expect(try await reader.claims(at: 7).map(\.tries).sorted() == [0, 1])
    }

    @Test func whoAsksWhileItIsReadIsNotForgotten() async throws {
        var reader = try await Reader(["app:1", "app:2"])
        reader.contents = ["A": "amd64:a a=1", "B": "amd64:b b=2"]
        try await reader.checker.live("A")
        try await reader.read(at: 0)
        let (first, second) = try await { (claims: [Claim]) in (claims[0], claims[1]) }(
            reader.checker.claims(at: hour(1)))
        _ = try await reader.checker.record([first], .digest("B"), at: hour(1))
        let claim = try #require(try await reader.claims(at: 1).first)
        _ = try await reader.checker.record([second], .digest("B"), at: hour(1))
        try await reader.store.record(try Self.content("B", "amd64:b b=2"), of: claim, at: hour(1))
        #expect(try await reader.read(at: 1) == [])
        #expect(try await reader.kinds(of: "app:1") == ["rebuild amd64"])
        #expect(try await reader.kinds(of: "app:2") == ["rebuild amd64"])
        let left: [Int] = try await reader.store.values("SELECT count(*) FROM content_queue")
        #expect(left == [0])
    }

    @Test func anImageOfAnIndexThatIsATagToo() async throws {
        var reader = try await Reader(["app:1", "app:2"])
        reader.contents = ["A": "arm64:a a=1"]
        let (first, second) = try await { (claims: [Claim]) in (claims[0], claims[1]) }(
            reader.checker.claims(at: hour(0)))
        _ = try await reader.checker.record([first], .digest("A"), at: hour(0))
        #expect(try await reader.read(at: 0) == ["A"])
        _ = try await reader.checker.record([second], .digest("a"), at: hour(0))
        #expect(try await reader.read(at: 1) == [])
        let tag = try #require(try await reader.store.tag(second.reference))
        #expect(tag.platforms.map(\.platform.description) == ["linux/arm64"])
    }
}

extension ContentTests.Reader {
    fileprivate func rows() async throws -> [String] { try await store.rows() }
}
