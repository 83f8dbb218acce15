import Mustache

// The page that is looked at most has most members: looking them up by reflection takes a tenth of its time.

extension TagPage: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "title": title
        case "summary": summary
        case "reference": reference
        case "repository": repository
        case "repositoryHref": repositoryHref
        case "tag": tag
        case "badge": badge?.html
        case "answer": answer
        case "answerDetail": answerDetail
        case "notices": notices.map { PageFields($0) }
        case "canTrack": canTrack
        case "trackText": trackText
        case "isKnown": isKnown
        case "hasHistory": hasHistory
        case "strip": strip
        case "hasAbsence": hasAbsence
        case "stripTable": stripTable
        case "use": use
        case "changes": changes
        case "newestHref": newestHref
        case "olderHref": olderHref
        case "hasChangePaging": hasChangePaging
        case "siblings": siblings
        case "offered": offered
        case "bars": bars
        case "isBarsOpen": isBarsOpen
        case "intervals": intervals.html
        case "platforms": platforms.html
        case "platformText": platformText
        case "embedding": embedding
        case "canCheck": canCheck
        case "checkHref": checkHref
        case "facts": facts.html
        case "links": links.html
        case "feedHref": feedHref
        default: nil
        }
    }
}

extension TagPage.Use: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "pins": pins
        case "unsettled": unsettled
        case "action": action
        case "own": own
        case "verdict": verdict.map { PageFields($0) }
        default: nil
        }
    }
}

extension TagPage.Use.Pin: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "text": text
        case "hint": hint
        default: nil
        }
    }
}

extension TagPage.Siblings: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "groups": groups
        case "allLabel": allLabel
        case "allHref": allHref
        default: nil
        }
    }
}

extension TagPage.Siblings.Group: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "heading": heading
        case "tags": tags.html
        default: nil
        }
    }
}

extension TagPage.Embedding: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "badge": badge
        case "badgeCode": badgeCode
        case "chartCode": chartCode
        case "feed": feed
        case "exports": exports.html
        default: nil
        }
    }
}
