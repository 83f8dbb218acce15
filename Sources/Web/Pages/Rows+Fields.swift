import OCI

// What stands in a page many times says its members' values itself: looking them up by reflection takes longer than
// all the rest of a page together.

extension TagRow: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "reference": TemplateValue(reference.description)
        case "href": TemplateValue(href)
        case "repository": TemplateValue(repository)
        case "tag": TemplateValue(tag)
        case "badge": TemplateValue(badge)
        case "problem": TemplateValue(problem)
        case "rhythm": TemplateValue(rhythm)
        case "rhythmReason": TemplateValue(rhythmReason)
        case "isOverdue": TemplateValue(isOverdue)
        case "evidence": TemplateValue(evidence)
        case "strip": TemplateValue(strip)
        case "digest": TemplateValue(digest)
        case "age": TemplateValue(age)
        case "lastUpdate": TemplateValue(lastUpdate)
        default: nil
        }
    }
}

extension TagPage.Change: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "kind": TemplateValue(kind)
        case "kindStyle": TemplateValue(kindStyle)
        case "kindHelp": TemplateValue(kindHelp)
        case "detail": TemplateValue(detail)
        case "says": TemplateValue(says)
        case "isReverted": TemplateValue(isReverted)
        case "when": TemplateValue(when)
        case "span": TemplateValue(span)
        case "source": TemplateValue(source)
        case "image": TemplateValue(image)
        case "digest": TemplateValue(digest)
        default: nil
        }
    }
}

extension TagChart.Row: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "label": TemplateValue(label)
        case "updates": TemplateValue(updates)
        case "changes": TemplateValue(changes)
        default: nil
        }
    }
}

extension TagChart: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "heading": TemplateValue(heading)
        case "svg": TemplateValue(svg)
        case "rows": TemplateValue(rows)
        case "bucketLabel": TemplateValue(bucketLabel)
        case "buckets": TemplateValue(buckets)
        default: nil
        }
    }
}

extension Strip.Row: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "when": TemplateValue(when)
        case "what": TemplateValue(what)
        case "source": TemplateValue(source)
        default: nil
        }
    }
}

extension StatusPage.Day: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "label": TemplateValue(label)
        case "unchanged": TemplateValue(unchanged)
        case "changed": TemplateValue(changed)
        case "missing": TemplateValue(missing)
        case "failed": TemplateValue(failed)
        case "duration": TemplateValue(duration)
        default: nil
        }
    }
}

extension Moment: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "iso": TemplateValue(iso)
        case "exact": TemplateValue(exact)
        case "relative": TemplateValue(relative)
        default: nil
        }
    }
}

extension Badge: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "label": TemplateValue(label)
        case "style": TemplateValue(style)
        default: nil
        }
    }
}

extension Link: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "label": TemplateValue(label)
        case "href": TemplateValue(href)
        case "count": TemplateValue(count)
        case "isCurrent": TemplateValue(isCurrent)
        default: nil
        }
    }
}

extension Fact: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "label": TemplateValue(label)
        case "moment": TemplateValue(moment)
        case "text": TemplateValue(text)
        default: nil
        }
    }
}

extension TagListPage.Choice: TemplateFields {
    func field(_ name: String) -> TemplateValue? {
        switch name {
        case "value": TemplateValue(value)
        case "label": TemplateValue(label)
        case "isChosen": TemplateValue(isChosen)
        default: nil
        }
    }
}
