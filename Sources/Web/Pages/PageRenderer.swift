import Mustache

/// Turns page models into HTML with templates that are parsed once.
struct PageRenderer: Sendable {
    /// What every page needs to know of its site.
    struct Site: Sendable {
        let version: String
        let stylesheet: String
        let script: String
        let icon: String
    }

    private let library: MustacheLibrary
    private let site: Site

    init(library: MustacheLibrary, site: Site) {
        self.library = library
        self.site = site
    }

    func html<Content: Page>(_ page: Content) -> String {
        let frame: [String: Any] = ["site": PageFields(site), "page": PageFields(page)]
        return library.render(frame, withTemplate: Content.template) ?? ""
    }
}
