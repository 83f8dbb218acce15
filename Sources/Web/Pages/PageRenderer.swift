import Mustache

/// Turns page models into HTML with templates that are parsed once.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary
    /// What every page needs to know of its site.
    private let site: [String: String]

    init(library: MustacheLibrary, site: [String: String]) {
        self.library = library
        self.site = site
    }

    func html<Content: Page>(_ page: Content) -> String {
        render(["site": site, "page": fields(page)] as [String: Any], Content.template)
    }

    /// A part of a page.
    /// - Parameter template: the file's name in Resources/templates.
    func html(_ part: some Sendable, template: String) -> String { render(fields(part), template) }

    private func fields(_ model: some Sendable) -> any MustacheParent {
        model as? any MustacheParent ?? PageFields(model)
    }

    private func render(_ model: Any, _ template: String) -> String {
        library.render(model, withTemplate: template) ?? ""
    }
}
