import OCI
import Testing

@testable import TagHistory

@Suite struct ClassificationTests {
    /// "index amd64:A arm64:B A=x B=y": platforms with manifests, then manifests with layers (`-` for none);
    /// "image amd64:A A=x", "image A=x" for one that does not tell its platform; "index* …" for one with more images
    /// than it names; "?" for what is not known.
    static func content(_ text: String) throws -> KnownContent? {
        guard text != "?" else { return nil }
        let words = text.split(separator: " ")
        var content = KnownContent(
            isIndex: words[0].hasPrefix("index"), platforms: [], hasUnnamedPlatforms: words[0].hasSuffix("*"))
        for word in words.dropFirst() {
            if let colon = word.firstIndex(of: ":") {
                let platform = try #require(Platform(parsing: "linux/" + word[..<colon]))
                content.platforms.append(
                    PlatformDigest(platform: platform, digest: try digest(String(word[word.index(after: colon)...]))))
            } else {
                let parts = word.split(separator: "=")
                content.layers[try digest(String(parts[0]))] =
                    parts[1] == "-" ? .some(.none) : .hash(Array(parts[1].utf8))
            }
        }
        return content
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let old: String
        let new: String
        /// The kind, its platforms, and after `?` the manifests that would tell more.
        let expected: String
        var testDescription: String { "\(old) → \(new)" }
    }

    @Test(arguments: [
        // Attestations come and go, annotations move.
        Example(old: "index amd64:A arm64:B", new: "index amd64:A arm64:B", expected: "metadata"),
        Example(old: "index arm64/v8:A", new: "index arm64:A", expected: "metadata"),
        Example(old: "index", new: "index", expected: "metadata"),
        // Platforms only.
        Example(old: "index amd64:A", new: "index amd64:A arm64:B", expected: "platforms arm64"),
        Example(old: "index amd64:A arm64:B", new: "index amd64:A", expected: "platforms arm64"),
        Example(old: "index amd64:A", new: "index arm64:B", expected: "platforms amd64,arm64"),
        Example(old: "index arm:A", new: "index arm/v7:A arm/v6:B", expected: "platforms arm/v6"),
        // Rebuilt.
        Example(
            old: "index amd64:A arm64:B s390x:C A=x", new: "index amd64:D arm64:E s390x:C D=y",
            expected: "rebuild amd64,arm64"),
        Example(
            old: "index amd64:A arm64:B A=x B=y", new: "index amd64:C arm64:D C=x D=z", expected: "rebuild amd64,arm64"),
        Example(old: "index amd64:A", new: "index amd64:C arm64:B", expected: "rebuild amd64,arm64"),
        Example(old: "index amd64:A arm64:B A=x", new: "index amd64:C C=x", expected: "rebuild amd64,arm64"),
        // The same layers.
        Example(
            old: "index amd64:A arm64:B A=x B=y", new: "index amd64:C arm64:D C=x D=y", expected: "noop amd64,arm64"),
        Example(old: "index amd64:A arm64:B A=x", new: "index amd64:C arm64:B C=x", expected: "noop amd64"),
        Example(
            old: "index amd64:A arm64:B A=x", new: "index amd64:C arm64:D C=x", expected: "rebuild amd64,arm64 ? B,D"),
        Example(
            old: "index 386:A amd64:B arm64:C B=x", new: "index 386:D amd64:E arm64:F D=y",
            expected: "rebuild 386,amd64,arm64 ? E"),
        // Without layers there is nothing to be the same.
        Example(old: "image amd64:A A=-", new: "image amd64:B B=-", expected: "rebuild amd64"),
        Example(old: "image A=-", new: "image B=-", expected: "rebuild"),
        // Single images.
        Example(old: "image amd64:A A=x", new: "image amd64:B B=y", expected: "rebuild amd64"),
        Example(old: "image amd64:A A=x", new: "image amd64:B B=x", expected: "noop amd64"),
        Example(old: "image amd64:A A=x", new: "image arm64:B B=x", expected: "platforms amd64,arm64"),
        Example(old: "image A=x", new: "image B=x", expected: "noop"),
        Example(old: "image A=x", new: "image amd64:B B=y", expected: "rebuild"),
        Example(old: "image amd64:A A=x", new: "index amd64:A arm64:B", expected: "platforms arm64"),
        Example(old: "image A=x", new: "index amd64:A arm64:B", expected: "platforms arm64"),
        Example(old: "image A=x", new: "index amd64:B", expected: "rebuild"),
        Example(old: "index amd64:A arm64:B A=x", new: "image amd64:C C=x", expected: "rebuild amd64,arm64"),
        Example(old: "index amd64:A A=x", new: "image amd64:C C=x", expected: "noop amd64"),
        // What is not known, or not all of it.
        Example(old: "?", new: "index amd64:A", expected: "rebuild"),
        Example(old: "index amd64:A", new: "?", expected: "rebuild"),
        Example(old: "index* amd64:A", new: "index amd64:A", expected: "rebuild"),
        Example(old: "index* amd64:A A=x", new: "index* amd64:B B=x", expected: "rebuild"),
        // One platform twice.
        Example(old: "index amd64:A amd64:B", new: "index amd64:B amd64:A", expected: "metadata"),
        Example(old: "index amd64:A amd64:B A=x B=y", new: "index amd64:A amd64:C C=y", expected: "noop amd64"),
    ])
    func tells(_ example: Example) throws {
        let found = Classification(from: try Self.content(example.old), to: try Self.content(example.new))
        let platforms = found.platforms.map { $0.description.dropFirst("linux/".count) }.joined(separator: ",")
        let undecided = found.undecided.map { String(decoding: $0.bytes.prefix { $0 != 0 }, as: UTF8.self) }
        var text = found.kind.name + (platforms.isEmpty ? "" : " " + platforms)
        if !undecided.isEmpty { text += " ? " + undecided.joined(separator: ",") }
        #expect(text == example.expected)
    }

    @Test func mergingAsksWhereNothingIsKnown() throws {
        let amd64 = Platform(os: "linux", architecture: "amd64")
        let first = History.merge(adding: try observations("A@1 B@3"))
        #expect(text(first.rows) == ["first A@1", "rebuild A>B@3>1"])
        let told = History.merge(existing: first.rows, adding: []) { _, _ in
            Classification(kind: .noop, platforms: [amd64])
        }
        #expect(text(told.rows) == ["first A@1", "noop A>B@3>1"])
        #expect(told.rows.last?.platforms == [amd64])
        // What is stored stays; new neighbours are asked about.
        let later = History.merge(existing: told.rows, adding: try observations("C@2")) { _, new in
            try? new == digest("C") ? Classification(kind: .metadata) : nil
        }
        #expect(text(later.rows) == ["first A@1", "metadata A>C@2>1", "rebuild C>B@3>2"])
        #expect(later.rows.last?.platforms == [])
        let again = History.merge(existing: told.rows, adding: []) { _, _ in Classification(kind: .platforms) }
        #expect(again.rows == told.rows)
    }
}
