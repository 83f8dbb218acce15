/// Pieces of HTML that templates and what is drawn by code have in common: each is written here alone.
enum Markup {
    static func span(_ text: String, _ style: String) -> String { "<span class=\"\(style)\">\(text.xml)</span>" }

    /// - Parameter content: HTML.
    static func cell(_ content: String, _ style: String) -> String {
        "<td role=\"cell\" class=\"\(style)\">\(content)</td>\n"
    }
}

/// A part of a page that is drawn by code, and stands in triple braces in templates: what a page has many of takes a
/// template's engine longer than all the rest. A list of such is one piece of HTML.
protocol Drawn: Sendable {
    var html: String { get }
}

extension Badge: Drawn {
    var html: String { Markup.span(label, ("badge " + style).xml) }
}

extension Moment: Drawn {
    var html: String { "<time datetime=\"\(iso.xml)\" title=\"\(exact.xml)\">\(relative.xml)</time>" }
}

extension Link: Drawn {
    var html: String {
        "<a href=\"\(href.xml)\"" + (isCurrent ? " aria-current=\"true\"" : "") + ">\(label.xml)</a> "
    }
}

extension Fact: Drawn {
    var html: String {
        "<div><dt>\(label.xml)</dt><dd>" + (moment?.html ?? "") + (text?.xml ?? "")
            + (note.map { Markup.span($0, "reason") } ?? "") + "</dd></div>\n"
    }
}

extension TagListPage.Choice: Drawn {
    var html: String {
        "<option value=\"\(value.xml)\"" + (isChosen ? " selected" : "") + ">\(label.xml)</option>"
    }
}

extension TagListPage.Filters: Drawn {
    var html: String {
        Self.select("registry", "Registry", registries) + Self.select("rhythm", "Rhythm", rhythms)
            + Self.select("state", "State", states)
    }

    private static func select(_ name: String, _ label: String, _ choices: [TagListPage.Choice]) -> String {
        "<label class=\"hidden\" for=\"\(name)\">\(label)</label>\n"
            + "<select id=\"\(name)\" name=\"\(name)\">\(choices.html)</select>\n"
    }
}

extension TagPage.Arrival: Drawn {
    var html: String {
        "<tr><th scope=\"row\">\(name.xml)</th><td class=\"number\">\(updates.xml)</td><td>\(delay.xml)</td><td>"
            + (last?.html ?? "") + "</td></tr>\n"
    }
}

extension StatusPage.Day: Drawn {
    var html: String {
        TableRow.html(label, [unchanged, changed, missing, failed, duration], style: "number")
    }
}
