import OCI
import Testing

@testable import TagHistory

@Suite struct PlatformHistoryTests {
    static let amd64 = Platform(os: "linux", architecture: "amd64")

    /// "A=x B=x C=-": digests with the manifest that serves the platform, `-` for none; the others are not known.
    private func images(_ text: String) throws -> [Digest: PlatformHistory.Image] {
        var images: [Digest: PlatformHistory.Image] = [:]
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=")
            images[try digest(String(parts[0]))] =
                parts[1] == "-" ? .absent : .manifest(try digest(String(parts[1])))
        }
        return images
    }

    struct Example: Sendable {
        let rows: String
        let images: String
        let expected: [String]
    }

    @Test(arguments: [
        Example(rows: "A@1 B@2 C@3", images: "A=x B=x C=y", expected: ["first x@1", "rebuild x>y@3>2"]),
        Example(rows: "A@1 B@2", images: "A=x B=x", expected: ["first x@1"]),
        // What is not known stays.
        Example(rows: "A@1 B@2 C@3", images: "A=x C=y", expected: ["first x@1", "rebuild x>B@2>1", "rebuild B>y@3>2"]),
        Example(rows: "A@1 B@2", images: "", expected: ["first A@1", "rebuild A>B@2>1"]),
        // It came later, went, and came again.
        Example(rows: "A@1 B@2 C@3", images: "A=- B=x C=y", expected: ["first x@2>1", "rebuild x>y@3>2"]),
        Example(rows: "A@1 B@2 C@3", images: "A=x B=- C=x", expected: ["first x@1"]),
        Example(rows: "A@1 B@2 C@3", images: "A=x B=- C=y", expected: ["first x@1", "rebuild x>y@3>2"]),
        Example(rows: "A@1 B@2", images: "A=- B=-", expected: []),
        // Back again, and away in between.
        Example(
            rows: "A@1 B@2 A@3", images: "A=x B=y", expected: ["first x@1", "rebuild x>y@2>1", "rebuild! y>x@3>2"]),
        Example(
            rows: "A@1 -@2 B@3", images: "A=x B=x", expected: ["first x@1", "missing x>-@2>1", "returned x@3>2"]),
        Example(
            rows: "A@1 -@2 B@3", images: "A=x B=y",
            expected: ["first x@1", "missing x>-@2>1", "returned y@3>2", "rebuild x>y@3>1"]),
        Example(rows: "A@1 -@2 B@3", images: "A=- B=y", expected: ["first y@3>1"]),
    ])
    func tells(_ example: Example) throws {
        let rows = History.merge(adding: try observations(example.rows)).shownRows
        let seen = PlatformHistory.rows(of: Self.amd64, in: rows, images: try images(example.images))
        #expect(text(seen) == example.expected)
    }

    @Test func onePlatformsUpdatesAreItsOwn() throws {
        let names = ["amd64", "arm64"].map { Platform(os: "linux", architecture: $0) }
        let contents = try ["A": ["x", "p"], "B": ["y", "p"], "C": ["y", "q"]].map { name, images in
            (try digest(name), try zip(names, images).map { PlatformDigest(platform: $0, digest: try digest($1)) })
        }
        let known = PlatformImages(Dictionary(uniqueKeysWithValues: contents))
        #expect(known.platforms == names)
        let rows = History.merge(adding: try observations("A@1 B@3 C@10")).shownRows
        for (platform, time) in zip(names, [3.0, 10]) {
            let seen = PlatformHistory.rows(of: platform, in: rows, images: known.images(of: platform))
            let statistics = Statistics(changes: seen, firstSeenAt: day(1), lastSucceededAt: day(20), asOf: day(20))
            #expect(statistics.updates == 1)
            #expect(seen.last?.observedAt == day(time))
            #expect(seen.last?.platforms == [platform])
        }
    }
}
