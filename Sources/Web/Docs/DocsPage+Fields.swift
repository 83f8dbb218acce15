// As of what stands in other pages many times: looking members up by reflection took half of the server's start.

extension DocsPage.Member: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "name": TemplateValue(self.name)
        case "place": TemplateValue(place)
        case "type": TemplateValue(type)
        case "href": TemplateValue(href)
        case "text": TemplateValue(text)
        default: nil
        }
    }
}

extension DocsPage.Answer: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "status": TemplateValue(status)
        case "text": TemplateValue(text)
        case "type": TemplateValue(type)
        case "href": TemplateValue(href)
        default: nil
        }
    }
}
