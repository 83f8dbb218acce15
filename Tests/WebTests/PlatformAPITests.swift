import Foundation
import OCI
import Store
import TagHistory
import Testing

@testable import Web

/// What changes were, in the API and on the tag's page.
@Suite struct PlatformAPITests {
    static let names = ["linux/amd64", "linux/arm64"]

    /// Three indexes: both platforms, then another amd64, then another arm64; the last says what it is.
    static func prepare(_ site: TestSite) async throws {
        let python = try TestSite.python
        try await site.seed(python, [(100, 1), (50, 2), (1, 3)])
        for (digest, images) in [(1, [11, 21]), (2, [12, 21]), (3, [12, 22])] {
            let platforms = zip(names, images).compactMap { name, image in
                Platform(parsing: name).map { PlatformDigest(platform: $0, digest: .numbered(image)) }
            }
            try await site.store.takeListed([.numbered(digest): platforms], at: TestSite.now)
        }
        try await site.store.queueUnreadContents(at: TestSite.now)
        for lane in try await site.store.contentLanes() {
            for claim in try await site.store.claimContents(
                registryID: lane.registryID, limit: 100, lease: 60, at: TestSite.now)
            where claim.digest == .numbered(3) {
                let platforms = zip(names, [12, 22]).compactMap { name, image in
                    Platform(parsing: name).map { PlatformDigest(platform: $0, digest: .numbered(image)) }
                }
                try await site.store.record(
                    Content(
                        digest: claim.digest, mediaType: .ociIndex, isIndex: true, platforms: platforms, images: [],
                        facts: ImageFacts(
                            created: TestSite.now, version: "<b>3.12</b>", revision: String(repeating: "a", count: 40),
                            baseName: "debian:12", baseDigest: .numbered(9))),
                    of: claim, at: TestSite.now)
            }
        }
    }

    @Test func changesSayWhatTheyWere() async throws {
        try await TestSite.run { site in
            try await Self.prepare(site)
            let items = try await site.get("/api/v1/changes/python:3.12").items
            #expect(items.map { $0["kind"] as? String } == ["rebuild", "rebuild", "first"])
            #expect(items.map { $0["platforms"] as? [String] } == [["linux/arm64"], ["linux/amd64"], []])
            let facts = try #require(items[0]["facts"] as? [String: Any])
            #expect(facts["version"] as? String == "<b>3.12</b>")
            #expect(facts["created"] as? String == TestSite.now.description)
            #expect(facts["baseName"] as? String == "debian:12")
            #expect(facts["baseDigest"] as? String == Digest.numbered(9).description)
            let nothing = try #require(items[2]["facts"] as? [String: Any])
            #expect(Set(nothing.keys) == ["created", "version", "revision", "baseName", "baseDigest"])
            #expect(nothing.values.allSatisfy { $0 is NSNull })
            let tag = try await site.get("/api/v1/tags/python:3.12").json
            #expect((tag["platforms"] as? [[String: Any]])?.map { $0["platform"] as? String } == Self.names)
        }
    }

    @Test func onePlatform() async throws {
        try await TestSite.run { site in
            try await Self.prepare(site)
            for (platform, image, days) in [("linux/amd64", 12, 50.0), ("linux/arm64/v8", 22, 1)] {
                let items = try await site.get("/api/v1/changes/python:3.12?platform=\(platform)").items
                #expect(items.map { $0["kind"] as? String } == ["rebuild", "first"])
                #expect(items[0]["digest"] as? String == Digest.numbered(image).description)
                let time = TestSite.now.advanced(bySeconds: -days * 86_400).description
                #expect(items[0]["observedAt"] as? String == time)
                let tag = try await site.get("/api/v1/tags/python:3.12?platform=\(platform)").json
                #expect((tag["statistics"] as? [String: Any])?["updates"] as? Int == 1)
                let histogram = try await site.get("/api/v1/histogram/python:3.12?platform=\(platform)").items
                #expect(histogram.compactMap { $0["changes"] as? Int }.reduce(0, +) == 1)
            }
            let first = try await site.get("/api/v1/changes/python:3.12?platform=linux/amd64&limit=1")
            let next = try #require(first.json["next"] as? String)
            let second = try await site.get("/api/v1/changes/python:3.12?platform=linux/amd64&limit=1&cursor=\(next)")
            #expect(second.items.map { $0["kind"] as? String } == ["first"])
            #expect(second.json["next"] is NSNull)
            #expect(try await site.get("/api/v1/changes/python:3.12?cursor=\(next)").status == 400)
        }
    }

    /// That an image was built long before does not say that the tag bore it.
    @Test func anImagesOwnDateIsNoPlatformsFirstSighting() async throws {
        try await TestSite.run { site in
            try await Self.prepare(site)
            let built = Observation(
                digest: .numbered(1), observedAt: TestSite.now.advanced(bySeconds: -200 * 86_400), source: .metadata)
            var rows: [ImportRow]? = [ImportRow(reference: try TestSite.python, observation: built)]
            _ = try await site.store.importObservations(at: TestSite.now) {
                defer { rows = nil }
                return rows
            }
            for platform in ["", "?platform=linux/amd64", "?platform=linux/arm64"] {
                let tag = try await site.get("/api/v1/tags/python:3.12\(platform)").json
                let statistics = try #require(tag["statistics"] as? [String: Any])
                #expect(try #require(statistics["observedDays"] as? Double) <= 100, "\(platform)")
                let histogram = try await site.get("/api/v1/histogram/python:3.12\(platform)").items
                #expect(histogram.count <= 16, "\(platform)")
            }
        }
    }

    @Test func platformsThatCannotBe() async throws {
        try await TestSite.run { site in
            try await Self.prepare(site)
            try await site.seed(try TagReference(parsing: "rust:1"), [(5, 7)])
            for list in ["tags", "changes", "histogram"] {
                for (text, status) in [("amd64", 400), ("%3Cb%3E/x", 400), ("linux/", 400), ("linux/s390x", 422)] {
                    let answer = try await site.get("/api/v1/\(list)/python:3.12?platform=\(text)")
                    #expect(answer.status == status, "\(list) \(text)")
                }
                let unknown = try await site.get("/api/v1/\(list)/rust:1?platform=linux/amd64")
                #expect(unknown.status == 422)
                #expect(unknown.detail.contains("not known yet"))
                #expect(try await site.get("/api/v1/\(list)/ruby:1?platform=linux/amd64").status == 404)
            }
        }
    }

    @Test func thePageSaysItInWords() async throws {
        try await TestSite.run { site in
            try await Self.prepare(site)
            let html = try await site.get("/tags/python:3.12").text
            #expect(html.contains("for linux/arm64"))
            #expect(html.contains("version &lt;b&gt;3.12&lt;/b&gt;"))
            #expect(!html.contains("<b>3.12"))
            #expect(html.contains("on debian:12, revision aaaaaaaaaaaa"))
        }
    }

    @Test func words() {
        let many = (0..<12).map { Platform(os: "linux", architecture: "cpu\($0)") }
        func detail(_ kind: ChangeKind, _ platforms: [Platform]) -> String? {
            Change(digest: nil, kind: kind, source: .observed, observedAt: TestSite.now, platforms: platforms).detail
        }
        #expect(detail(.rebuild, []) == nil)
        #expect(detail(.rebuild, Array(many.prefix(2))) == "for linux/cpu0, linux/cpu1")
        #expect(detail(.rebuild, many)?.hasSuffix("linux/cpu7 and 4 more") == true)
        #expect(detail(.noop, []) == "nothing in the layers changed")
        #expect(detail(.metadata, []) == "only metadata changed")
        #expect(detail(.platforms, Array(many.prefix(1))) == "came or went: linux/cpu0")
        #expect(TagPage.Change.says(ImageFacts()) == nil)
        #expect(TagPage.Change.says(ImageFacts(revision: "abc")) == "Says of itself: revision abc")
    }
}
