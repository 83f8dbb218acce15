import OCI
import TagHistory

extension TagPage.Change {
    init(_ change: TagHistory.Change, of reference: TagReference, facts: ImageFacts? = nil, now: Timestamp) {
        let words = change.words
        kind = words.label
        kindStyle = words.style
        kindHelp = words.help
        detail = change.detail
        says = facts.flatMap(Self.says)
        isReverted = change.reverted
        when = Moment(change.countedAt, now: now)
        source = change.source.words
        image = reference.familiar
        digest = change.digest?.description
        span =
            if let pushed = change.believedPush {
                "pushed \(Words.time(pushed))"
            } else if let start = change.notBefore, start < change.observedAt {
                Words.span(from: start, to: change.observedAt)
            } else {
                Words.time(change.observedAt)
            }
    }
}

extension TagPage.Change {
    /// Its row of the table, drawn as ``TagRow`` is.
    var html: String {
        let reverted =
            isReverted
            ? " <span class=\"badge warn\" title=\"The tag bore this digest before\">back to an older one</span>" : ""
        let pin = digest.map { "\(image)@\($0)".xml }
        let name =
            pin.map { pin in
                "<span class=\"copyable\"><code><span class=\"image\">\(image.xml)@</span>\(digest?.xml ?? "")</code>"
                    + "<button class=\"copy\" type=\"button\" data-copy=\"\(pin)\" hidden>Copy</button></span>"
            } ?? Markup.span("no digest", "none")
        let what =
            "<span class=\"badge \(kindStyle.xml)\" title=\"\(kindHelp.xml)\">\(kind.xml)</span>" + reverted
            + (detail.map { Markup.span($0, "span") } ?? "")
        let time = when.html + Markup.span(span, "span") + (says.map { Markup.span($0, "span says") } ?? "")
        return "<tr role=\"row\">\n" + Markup.cell(what, "kind") + Markup.cell(time, "when")
            + Markup.cell(source.xml, "source") + Markup.cell(name, "digest") + "</tr>\n"
    }
}
