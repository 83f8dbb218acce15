/// Turns page models into HTML with templates that are read once.
struct PageRenderer: Sendable {
    /// What every page needs to know of its site.
    struct Site: Sendable {
        let version: String
        let stylesheet: String
        let script: String
        let icon: String
    }

    private struct Frame: TemplateFields {
        let site: PageFields
        let page: any TemplateFields

        func field(_ name: String) -> TemplateValue? {
            switch name {
            case "site": .fields(site)
            case "page": .fields(page)
            default: nil
            }
        }
    }

    private let templates: [String: Template]
    private let site: PageFields

    init(templates: [String: Template], site: Site) {
        self.templates = templates
        self.site = PageFields(site)
    }

    /// UTF-8.
    func bytes<Content: Page>(_ page: Content) -> [UInt8] {
        let page = page as? any TemplateFields ?? PageFields(page)
        return templates[Content.template]?.rendered(.fields(Frame(site: site, page: page))) ?? []
    }

    func html(_ page: some Page) -> String { String(decoding: bytes(page), as: UTF8.self) }
}
