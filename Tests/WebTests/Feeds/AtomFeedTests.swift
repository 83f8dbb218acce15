import Foundation
import OCI
import TagHistory
import Testing

@testable import Web

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct AtomFeedTests {
    private static let time = Timestamp(seconds: 1_790_000_000)

    private static func digest(_ number: UInt8) throws -> Digest {
        try Digest(bytes: Array(repeating: number, count: 32))
    }

    /// One change of each kind, newest first.
    private static func changes() throws -> [Change] {
        try ChangeKind.allCases.enumerated().map { index, kind in
            Change(
                digest: kind == .missing ? nil : try digest(UInt8(index + 1)),
                previousDigest: kind == .first ? nil : try digest(UInt8(index)), kind: kind,
                reverted: kind == .rebuild, source: Source.allCases[index % 5],
                observedAt: time.advanced(bySeconds: -Double(index) * 86_400),
                notBefore: kind == .first ? nil : time.advanced(bySeconds: -Double(index) * 86_400 - 7_200),
                pushedAt: kind == .noop ? time.advanced(bySeconds: -Double(index) * 86_400 - 3_600) : nil,
                platforms: kind == .platforms ? [Platform(os: "linux", architecture: "arm64")] : [])
        }
    }

    private static func feed(_ name: String = "python:3.12", _ url: String = "https://tags.example.org") throws
        -> AtomFeed
    {
        AtomFeed(tag: try TagReference(parsing: name), changes: try changes(), since: time, publicURL: url)
    }

    /// RFC 4287, 4.1.1 and 4.1.2: what stands once, what must be there, and that times and addresses are such.
    private func validate(_ document: String) throws -> Node {
        let root = try #require(Node.parse(document))
        #expect(root.name == "feed" && root.attributes["xmlns"] == "http://www.w3.org/2005/Atom")
        for holder in [root] + root.all("entry") {
            for name in ["id", "title", "updated"] { #expect(holder.all(name).count == 1, "\(name)") }
            for name in ["generator", "subtitle", "published", "content"] { #expect(holder.all(name).count <= 1) }
            #expect(holder.all("link").filter { $0.attributes["rel"] == "alternate" }.count == 1)
            for time in holder.all("updated") + holder.all("published") {
                #expect(throws: Never.self) { try Timestamp(parsing: time.text) }
                #expect(time.text.hasSuffix("Z"))
            }
            for address in holder.all("link").compactMap({ $0.attributes["href"] }) + holder.all("id").map(\.text) {
                #expect(URL(string: address)?.host?.isEmpty == false, "\(address)")
            }
        }
        #expect(root.all("author").first?.all("name").count == 1)
        #expect(root.all("link").contains { $0.attributes["rel"] == "self" })
        let ids = ([root] + root.all("entry")).compactMap { $0.all("id").first?.text }
        #expect(Set(ids).count == ids.count)
        let times = root.all("entry").compactMap { $0.all("updated").first?.text }
        #expect(times == times.sorted(by: >))
        #expect(times.isEmpty || times.max() == root.all("updated").first?.text)
        return root
    }

    @Test func aTagsChangesInWords() throws {
        let root = try validate(try Self.feed().document)
        #expect(
            root.all("entry").compactMap { $0.all("title").first?.text } == [
                "python:3.12 was seen for the first time", "python:3.12 went back to a digest that it had before",
                "python:3.12 was pushed again with the same content", "python:3.12 has other platforms",
                "python:3.12 has other metadata", "python:3.12 is gone from its registry",
                "python:3.12 is back in its registry",
            ])
        let last = try #require(root.all("entry").dropFirst(3).first)
        #expect(last.all("content").first?.text.contains("linux/arm64") == true)
        #expect(last.all("content").first?.text.contains("not seen by our own checks") == true)
        #expect(last.all("category").first?.attributes["term"] == "platforms")
        #expect(
            root.all("link").compactMap { $0.attributes["href"] } == [
                "https://tags.example.org/feeds/docker.io/library/python:3.12.atom",
                "https://tags.example.org/tags/docker.io/library/python:3.12",
            ])
    }

    @Test(arguments: [
        "[2001:db8::1]:5000/a/b:c", "localhost:5000/x", "ghcr.io/" + String(repeating: "a", count: 255) + ":1",
    ])
    func anyReference(name: String) throws {
        _ = try validate(try Self.feed(name, "http://[::1]:8080/").document)
        _ = try validate(try Self.feed(name, "https://example.org/tagbeat").document)
    }

    @Test func aPushTimeIsWhenItWasPublished() throws {
        let entry = try #require(try validate(try Self.feed().document).all("entry").dropFirst(2).first)
        let (updated, published) = (entry.all("updated").first?.text, entry.all("published").first?.text)
        #expect(published != updated && published?.isEmpty == false)
    }

    @Test func withoutChangesItIsAFeed() throws {
        let feed = AtomFeed(
            tag: try TagReference(parsing: "a"), changes: [], since: Self.time, publicURL: "https://example.org")
        #expect(try validate(feed.document).all("updated").first?.text == Self.time.description)
    }

    @Test func aRepositorysTagsAreNamed() throws {
        let entries = try ["1", "2"].flatMap { tag in
            try Self.changes().map { AtomFeed.Entry(try TagReference(parsing: "quay.io/a/b:\(tag)"), $0) }
        }.sorted { $0.change.observedAt > $1.change.observedAt }
        let feed = AtomFeed(
            repository: try Repository(parsing: "quay.io/a/b"), entries: entries, since: Self.time,
            publicURL: "https://example.org")
        let root = try validate(feed.document)
        #expect(root.all("entry").count == 14)
        #expect(feed.feedURL == "https://example.org/feeds/repositories/quay.io/a/b.atom")
        #expect(feed.pageURL == "https://example.org/repositories/quay.io/a/b")
    }

    @Test func itIsBounded() throws {
        let digests = try (Self.digest(1), Self.digest(2))
        let many = (0..<5_000).map { index in
            Change(
                digest: digests.0, previousDigest: digests.1, kind: .rebuild, source: .observed,
                observedAt: Self.time.advanced(bySeconds: -Double(index) * 60))
        }
        let feed = AtomFeed(
            tag: try TagReference(parsing: "a"), changes: many, since: Self.time, publicURL: "https://a")
        #expect(feed.entries.count == AtomFeed.most)
        #expect(feed.document.utf8.count < 150_000)
    }

    @Test func whatXMLCannotHoldIsLeftOut() throws {
        let feed = try Self.feed("python", "https://a/?<x>&\"'\u{0}\u{1b}\u{7f}\u{ffff}")
        let root = try #require(Node.parse(feed.document))
        #expect(root.all("id").first?.text.hasPrefix("https://a/?<x>&\"'/feeds") == true)
    }
}

/// As much of a document as the tests ask for.
private final class Node: NSObject, XMLParserDelegate {
    var name = ""
    var attributes: [String: String] = [:]
    var text = ""
    var children: [Node] = []
    private var open: [Node] = []

    func all(_ name: String) -> [Node] { children.filter { $0.name == name } }

    static func parse(_ document: String) -> Node? {
        let top = Node()
        top.open = [top]
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = top
        return parser.parse() ? top.children.first : nil
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let node = Node()
        node.name = name
        node.attributes = attributes
        open.last?.children.append(node)
        open.append(node)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { open.last?.text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }
}
