/// A page is a plain model; its template turns it into HTML and escapes every text. Drawings, which stand in triple
/// braces, have escaped their own.
protocol Page: Sendable {
    /// The file's name in Resources/templates.
    static var template: String { get }
    var title: String { get }
    /// For search engines and link previews.
    var summary: String { get }
}

struct Badge: Sendable, Hashable {
    let label: String
    /// `good`, `warn`, `bad`, `info`, `accent` or nothing.
    let style: String
}

/// A message across the page.
struct Notice: Sendable, Hashable {
    let style: String
    let heading: String
    let text: String
    var reasonText: String?
    /// Read out at once by screen readers.
    var isUrgent = false
}

struct Link: Sendable, Hashable {
    let label: String
    let href: String
    var isCurrent = false
}

/// A number that matters, large.
struct Figure: Sendable, Hashable {
    let label: String
    let value: String
    var detail: String?
}

/// A line of a page's small print: a time or a text.
struct Fact: Sendable, Hashable {
    let label: String
    var moment: Moment?
    var text: String?
    /// What it means, where the label does not say so.
    var note: String?
}
