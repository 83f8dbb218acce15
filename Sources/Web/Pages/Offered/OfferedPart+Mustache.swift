import Mustache

/// Nearly always it is empty: a form to ask with.
extension OfferedPart: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "action": action
        case "registry": registry
        case "repository": repository
        case "from": from
        case "glob": glob
        case "notice": notice.map { PageFields($0) }
        case "answer": answer
        case "rows": rows.map { PageFields($0) }
        case "choosable": choosable
        case "allLabel": allLabel
        case "after": after
        case "firstHref": firstHref
        case "nextHref": nextHref
        case "hasPaging": hasPaging
        default: nil
        }
    }
}
