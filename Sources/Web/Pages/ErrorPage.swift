import OCI

/// What a person sees instead of a page that cannot be shown.
struct ErrorPage: Page {
    static let template = "error"

    let title: String
    let summary: String
    let status: Int
    let heading: String
    let detail: String
    /// What may have been meant.
    let suggestions: [Link]
    let box: ImageBox

    /// - Parameter text: what the box begins with.
    init(status: Int, heading: String, detail: String, text: String = "", suggestions: [Link] = []) {
        title = heading + " · Tagbeat"
        summary = heading
        self.status = status
        self.heading = heading
        self.detail = detail
        self.suggestions = suggestions
        box = ImageBox(text: text)
    }
}

extension ErrorPage {
    /// What a path that leads nowhere may have meant: the part of it that is an image.
    /// - Parameter path: as it was sent.
    static func suggestions(for path: String) -> [Link] {
        guard let text = PercentCoding.decoded(path.dropFirst().prefix(1_000))?.lowercased(), !text.isEmpty else {
            return []
        }
        // What robots ask every site for.
        guard text != "robots.txt" else { return [] }
        let known = ["tags/", "repositories/", "details/", "compare/", "checks/", "images/"]
        let name = known.first { text.hasPrefix($0) }.map { String(text.dropFirst($0.count)) } ?? text
        guard let reference = try? Reference(parsing: name) else { return [] }
        let tag = reference.tag.map { TagReference(repository: reference.repository, tag: $0) }
        if let tag, let digest = reference.digest {
            return [
                Link(
                    label: "How far \(digest.short)… is behind \(tag.familiar)",
                    href: Href.address(Href.tag(tag), ["digest": digest.description]) + "#use")
            ]
        }
        return [
            tag.map { Link(label: "The tag \($0.familiar)", href: Href.tag($0)) },
            Link(
                label: "All tags of \(reference.repository.familiar)", href: Href.repository(reference.repository)),
        ].compactMap(\.self)
    }
}
