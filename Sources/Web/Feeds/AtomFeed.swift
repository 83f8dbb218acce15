import OCI
import TagHistory

/// The changes of a tag, or of a repository's tags, as an Atom 1.0 document.
/// https://www.rfc-editor.org/rfc/rfc4287
struct AtomFeed: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        let reference: TagReference
        let change: Change

        init(_ reference: TagReference, _ change: Change) {
            self.reference = reference
            self.change = change
        }
    }

    /// What `Content-Type` says.
    static let mediaType = "application/atom+xml; charset=utf-8"
    /// More are left out: readers ask again before so many come.
    static let most = 100

    let title: String
    let subtitle: String
    /// The addresses of the feed itself and of the page that says the same.
    let feedURL: String
    let pageURL: String
    /// Newest first.
    let entries: [Entry]
    /// Of the newest entry; for a feed without any, since when there could be some.
    let updated: Timestamp
    private let site: String

    /// - Parameters:
    ///   - changes: newest first; hidden rows may be among them.
    ///   - since: when the tag was first tracked.
    ///   - publicURL: where people reach this site, without a slash at the end.
    init(tag: TagReference, changes: [Change], since: Timestamp, publicURL: String) {
        self.init(
            title: "\(tag.familiar): changes", subtitle: "Every change of the digest of \(tag.familiar) that is known.",
            feedPath: "/feeds/\(Self.path(tag.description)).atom", pagePath: Self.page(tag),
            entries: changes.map { Entry(tag, $0) }, since: since, publicURL: publicURL)
    }

    /// - Parameter entries: of all the repository's tags, newest first.
    init(repository: Repository, entries: [Entry], since: Timestamp, publicURL: String) {
        let path = Self.path(repository.description)
        self.init(
            title: "\(repository.familiar): changes of all tags",
            subtitle: "Every change of the digests of \(repository.familiar)’s tags that is known.",
            feedPath: "/feeds/repositories/\(path).atom", pagePath: "/repositories/\(path)", entries: entries,
            since: since, publicURL: publicURL)
    }

    private init(
        title: String, subtitle: String, feedPath: String, pagePath: String, entries: [Entry], since: Timestamp,
        publicURL: String
    ) {
        site = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
        self.title = title
        self.subtitle = subtitle
        feedURL = site + feedPath
        pageURL = site + pagePath
        self.entries = Array(entries.lazy.filter(\.change.kind.isShown).prefix(Self.most))
        updated = self.entries.map(\.change.observedAt).max() ?? since
    }

    static func page(_ reference: TagReference) -> String { "/tags/\(path(reference.description))" }

    /// An IPv6 address's brackets may not stand in a path; everything else in a name may.
    private static func path(_ name: String) -> String {
        name.replacing("[", with: "%5B").replacing("]", with: "%5D")
    }

    /// An entry's identifier: never shown, and the same as long as the site keeps its address.
    private func id(_ entry: Entry) -> String {
        let change = entry.change
        let digest = change.digest.map { "-\($0)" } ?? ""
        return "\(site)\(Self.page(entry.reference))#\(change.kind.name)-\(change.observedAt)\(digest)"
    }
}

extension AtomFeed {
    var document: String {
        var text = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
            \(element("id", feedURL))
            \(element("title", title))
            \(element("subtitle", subtitle))
            \(element("updated", updated.description))
            <author>\(element("name", "Tagbeat"))</author>
            \(element("generator", "Tagbeat"))
            \(link("self", feedURL, type: "application/atom+xml"))
            \(link("alternate", pageURL, type: "text/html"))\n
            """
        for entry in entries { text += document(of: entry) }
        return text + "</feed>\n"
    }

    private func document(of entry: Entry) -> String {
        let change = entry.change
        return """
            <entry>
            \(element("id", id(entry)))
            \(element("title", "\(entry.reference.familiar) \(change.sentence)"))
            \(element("updated", change.observedAt.description))
            \(element("published", change.countedAt.description))
            <category term="\(change.kind.name)"/>
            \(link("alternate", site + Self.page(entry.reference), type: "text/html"))
            <content type="text">\(XMLText.escaped(change.details))</content>
            </entry>\n
            """
    }

    private func element(_ name: String, _ text: String) -> String {
        "<\(name)>\(XMLText.escaped(text))</\(name)>"
    }

    private func link(_ relation: String, _ address: String, type: String) -> String {
        "<link rel=\"\(relation)\" type=\"\(type)\" href=\"\(XMLText.escaped(address))\"/>"
    }
}

extension Change {
    /// What follows the tag's name: `was rebuilt`.
    fileprivate var sentence: String {
        if reverted { return "went back to a digest that it had before" }
        switch kind {
        case .first where source == .metadata: return "was built, as its image says"
        case .first: return "was seen for the first time"
        case .rebuild: return "was rebuilt"
        case .noop: return "was pushed again with the same content"
        case .platforms: return "has other platforms"
        case .metadata: return "has other metadata"
        case .missing: return "is gone from its registry"
        case .returned: return "is back in its registry"
        case .same: return "is unchanged"
        }
    }

    fileprivate var details: String {
        var sentences: [String] = []
        switch kind {
        case .rebuild where !platforms.isEmpty:
            sentences.append("Another image for \(platforms.map(\.description).joined(separator: ", ")).")
        case .platforms where !platforms.isEmpty:
            sentences.append("Came or went: \(platforms.map(\.description).joined(separator: ", ")).")
        case .noop: sentences.append("New manifests over the same layers: no update.")
        case .metadata: sentences.append("Only attestations or annotations differ: no update.")
        default: break
        }
        if let digest { sentences.append("Digest: \(digest).") }
        if let previousDigest, previousDigest != digest { sentences.append("Before: \(previousDigest).") }
        sentences.append(time)
        switch source {
        case .observed: break
        case .registry: sentences.append("Told by the registry, not seen by our own checks.")
        case .sibling: sentences.append("Concluded from a dated tag of the same digest, not seen by our own checks.")
        case .metadata: sentences.append("By the image’s build time, which is about right; not seen by our own checks.")
        case .imported: sentences.append("Imported, not seen by our own checks.")
        }
        return sentences.joined(separator: " ")
    }

    private var time: String {
        if let pushed = believedPush { return "Pushed \(Words.time(pushed))." }
        if let start = notBefore, start < observedAt {
            return Words.sentence("happened " + Words.span(from: start, to: observedAt))
        }
        return (source == .metadata ? "Built " : "Seen ") + Words.time(observedAt) + "."
    }
}
