/// Pieces of HTML that templates and what is drawn by code have in common: each is written here alone.
enum Markup {
    static func span(_ text: String, _ style: String) -> String { "<span class=\"\(style)\">\(text.xml)</span>" }

    /// - Parameter content: HTML.
    static func cell(_ content: String, _ style: String) -> String {
        "<td role=\"cell\" class=\"\(style)\">\(content)</td>\n"
    }
}

extension Badge {
    var html: String { Markup.span(label, ("badge " + style).xml) }
}

extension Moment {
    var html: String { "<time datetime=\"\(iso.xml)\" title=\"\(exact.xml)\">\(relative.xml)</time>" }
}
