import Mustache

// As of what stands in other pages many times: looking members up by reflection took half of the server's start.

extension DocsPage.Member: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "name": self.name
        case "place": place
        case "type": type
        case "href": href
        case "text": text
        default: nil
        }
    }
}

extension DocsPage.Answer: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "status": status
        case "text": text
        case "type": type
        case "href": href
        default: nil
        }
    }
}
