import Mustache

// As of a tag's page: search goes through these as one types.

extension OverviewPage: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "title": title
        case "summary": summary
        case "isOverview": isOverview
        case "totals": totals
        case "banners": banners.map { PageFields($0) }
        case "hero": hero
        case "lately": lately.map { PageFields($0) }
        case "list": list
        default: nil
        }
    }
}

extension TagListPage: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "title": title
        case "summary": summary
        case "query": query
        case "listTitle": listTitle
        case "offer": offer.map { PageFields($0) }
        case "repository": repository
        case "filters": filters.html
        case "sort": sort
        case "table": table
        case "firstHref": firstHref
        case "nextHref": nextHref
        case "hasPaging": hasPaging
        case "emptyText": emptyText
        default: nil
        }
    }
}

extension TagListPage.Table: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "head": head
        case "rows": rows
        default: nil
        }
    }
}
