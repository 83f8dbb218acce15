import Mustache

/// Turns page models into HTML with templates that are parsed once.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary
    private let site: SiteFields

    /// - Parameter site: what every page needs to know of its site.
    init(library: MustacheLibrary, site: [String: String]) {
        self.library = library
        self.site = SiteFields(values: site)
    }

    func html<Content: Page>(_ page: Content) -> String {
        render(Root(site: site, page: fields(page)), Content.template)
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

/// What all of a page's names are looked up in, in the end. A dictionary would do, but for each name the engine would find
/// out what it is a dictionary of.
private struct Root: MustacheParent {
    let site: SiteFields
    let page: any MustacheParent

    func child(named name: String) -> Any? {
        switch name {
        case "site": site
        case "page": page
        default: nil
        }
    }
}

private struct SiteFields: MustacheParent {
    let values: [String: String]

    func child(named name: String) -> Any? { values[name] }
}
