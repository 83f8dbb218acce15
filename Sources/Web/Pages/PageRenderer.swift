import Mustache

/// Turns page models into HTML with templates that are parsed once.
struct PageRenderer: Sendable {
    /// A part by what it shows.
    private struct PartKey: Hashable, Sendable {
        let part: any PagePart

        static func == (left: PartKey, right: PartKey) -> Bool { AnyHashable(left.part) == AnyHashable(right.part) }
        func hash(into hasher: inout Hasher) { AnyHashable(part).hash(into: &hasher) }
    }

    private let library: MustacheLibrary
    /// What every page needs to know of its site.
    private let site: [String: String]
    private let parts = RecentCache<PartKey, String>(capacity: 50)

    init(library: MustacheLibrary, site: [String: String]) {
        self.library = library
        self.site = site
    }

    func html<Content: Page>(_ page: Content) -> String {
        let frame: [String: Any] = [
            "site": site, "page": page as? any MustacheParent ?? PageFields(page, part: html(part:)),
        ]
        return library.render(frame, withTemplate: Content.template) ?? ""
    }

    private func html(part: any PagePart) -> String {
        let key = PartKey(part: part)
        if let known = parts[key] { return known }
        let html = library.render(PageFields(part), withTemplate: type(of: part).template) ?? ""
        parts[key] = html
        return html
    }
}
