import OCI
import Store
import TagHistory

/// The table of all tags: a part of the first screen, and by itself what its script asks for.
struct TagListPage: Page {
    static let template = "taglist"

    /// A column's head.
    struct Column: Sendable, Hashable {
        let label: String
        let style: String
        var href: String?
        /// `ascending` or `descending` where the list is sorted by it.
        var sorted: String?

        var html: String {
            let text = href.map { "<a href=\"\($0.xml)\">\(label.xml)</a>" } ?? label.xml
            let order = sorted.map { " aria-sort=\"\($0)\"" } ?? ""
            return "<th scope=\"col\" role=\"columnheader\" class=\"\(style)\"\(order)>\(text)</th>\n"
        }
    }

    struct Table: Sendable, Hashable {
        let head: String
        let rows: String
    }

    struct Filters: Sendable, Hashable {
        let registries: [Choice]
        let rhythms: [Choice]
        let states: [Choice]
    }

    struct Choice: Sendable, Hashable {
        let value: String
        let label: String
        let isChosen: Bool
    }

    /// A tag that was searched for and is not tracked.
    struct Offer: Sendable, Hashable {
        let reference: String
        let href: String
    }

    let title = "Tags · Tagbeat"
    let summary = "Tracked tags."
    let query: String
    let listTitle: String
    var offer: Offer?
    /// A repository is a part of the address only.
    let repository: String?
    let filters: Filters
    let sort: String?
    /// The table's head and rows, drawn; nil where nothing is found.
    let table: Table?
    let firstHref: String?
    let nextHref: String?
    let hasPaging: Bool
    let emptyText: String
}

extension TagListPage {
    /// - Parameters:
    ///   - offer: an image that was searched for and is not tracked.
    ///   - status: nil where it is not known yet.
    init(
        _ query: TagQuery, rows: [TagRow], next: String?, offer: TagReference?, status: StoreStatus?, now: Timestamp
    ) {
        self.query = query.text
        self.offer = offer.map { Offer(reference: $0.familiar, href: Href.tag($0)) }
        repository = query.repository?.description
        sort = Self.sort(query)
        listTitle = Self.title(query)
        filters = Filters(
            registries: Self.registries(query, status), rhythms: Self.rhythms(query), states: Self.states(query, status)
        )
        table =
            rows.isEmpty
            ? nil
            : Table(
                head: Self.columns(query).map(\.html).joined() + TagRow.weeksHead(at: now),
                rows: rows.map(\.html).joined())
        firstHref = query.cursor == nil ? nil : Self.href(query, cursor: nil)
        nextHref = next.map { Self.href(query, cursor: $0) }
        hasPaging = query.cursor != nil || next != nil
        emptyText = next == nil ? Self.emptyText(query, status) : "There is nothing on this page, but there are more."
    }

    private static func title(_ query: TagQuery) -> String {
        var title = query.text.isEmpty ? "All tags" : "Tags with “\(PrintableText.excerpt(query.text, limit: 60))”"
        if let repository = query.repository {
            title += " of \(repository.familiar)"
        } else if let registry = query.registry {
            title += " of \(registry)"
        }
        return title
    }

    private static func registries(_ query: TagQuery, _ status: StoreStatus?) -> [Choice] {
        var names = (status?.lanes ?? []).prefix(30).map(\.registry.name)
        if let chosen = query.registry?.name, !names.contains(chosen) { names.append(chosen) }
        return [Choice(value: "", label: "Every registry", isChosen: query.registry == nil)]
            + names.map { Choice(value: $0, label: $0, isChosen: $0 == query.registry?.name) }
    }

    private static func rhythms(_ query: TagQuery) -> [Choice] {
        let frequent: [Rhythm.Word] = [
            .daily, .weekly, .fortnightly, .monthly, .twoMonthly, .quarterly, .halfYearly, .yearly, .rare, .irregular,
            .unchanged, .stopped, .superseded,
        ]
        return [Choice(value: "", label: "Every rhythm", isChosen: query.rhythm == nil)]
            + frequent.map { word in
                Choice(value: word.rawValue, label: Words.capital(word.label), isChosen: query.rhythm == word)
            }
    }

    private static func states(_ query: TagQuery, _ status: StoreStatus?) -> [Choice] {
        let states: [(String, TagState?)] = [
            ("Every state", nil), ("Watched", .active), ("Not seen yet", .pending), ("Failing", .failing),
            ("Missing", .missing), ("Not tracked any more", .untracked),
        ]
        return states.map { label, state in
            let count = state.flatMap { status?.states[$0] }
            return Choice(
                value: state?.name ?? "", label: count.map { "\(label) (\(Words.number($0)))" } ?? label,
                isChosen: query.state == state)
        }
    }

    private static func columns(_ query: TagQuery) -> [Column] {
        func column(_ label: String, _ style: String, _ sort: TagSort, descendingFirst: Bool) -> Column {
            var other = query
            other.sort = sort
            other.descending = query.sort == sort ? !query.descending : descendingFirst
            return Column(
                label: label, style: style, href: href(other, cursor: nil),
                sorted: query.sort == sort ? (query.descending ? "descending" : "ascending") : nil)
        }
        return [
            column("Tag", "name", .name, descendingFirst: false),
            column("Rhythm", "rhythm", .interval, descendingFirst: false),
            column("Newest digest", "age", .lastChanged, descendingFirst: true),
            Column(label: "Last update", style: "last"),
        ]
    }

    private static func sort(_ query: TagQuery) -> String? {
        query.hasPageSort ? nil : (query.descending ? "-" : "") + query.sort.rawValue
    }

    private static func href(_ query: TagQuery, cursor: String?) -> String {
        Href.address(
            "/",
            [
                "query": query.text, "registry": query.registry?.name, "repository": query.repository?.description,
                "rhythm": query.rhythm?.rawValue, "state": query.state?.name, "sort": sort(query), "cursor": cursor,
            ]) + "#tags"
    }

    private static func emptyText(_ query: TagQuery, _ status: StoreStatus?) -> String {
        if query.cursor != nil { return "There is nothing on this page." }
        if !query.text.isEmpty { return "No tracked tag has “\(PrintableText.excerpt(query.text))” in its name." }
        if status?.tracked == 0 { return "Nothing is tracked yet. Name an image above to begin." }
        return "No tag is like that."
    }
}
