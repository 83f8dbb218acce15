import OCI
import Store
import TagHistory

extension OverviewPage {
    /// What the visitor asked for.
    struct Request: Sendable {
        var tags = TagQuery()
        /// The image that was searched for, where the text is one.
        var reference: TagReference?
        /// Whether that image is tracked.
        var isReferenceTracked = false
    }

    /// - Parameter statistics: of the page's tags, in their order.
    init(
        _ request: Request, tags page: Store.Page<TrackedTag>, statistics: [Statistics],
        status: StoreStatus, canTrack: Bool, now: Timestamp
    ) {
        query = request.tags.text
        self.canTrack = canTrack
        totals = Self.totals(status)
        banners = Notice.health(of: status)
        if let reference = request.reference, !request.isReferenceTracked, canTrack {
            offer = Offer(reference: reference.familiar)
        }
        listTitle = Self.listTitle(request.tags)
        filters = Self.filters(request.tags, status)
        columns = Self.columns(request.tags)
        rows = zip(page.items, statistics).map { TagRow($0, statistics: $1, now: now) }
        firstHref = request.tags.cursor == nil ? nil : Self.href(request.tags, cursor: nil)
        nextHref = page.next.map { Self.href(request.tags, cursor: $0) }
        hasPaging = firstHref != nil || nextHref != nil
        emptyText = Self.emptyText(request.tags, status)
    }

    private static func totals(_ status: StoreStatus) -> String {
        let registries = Words.count(status.lanes.count, "registry", "registries")
        return "\(Words.count(status.tracked, "tag")) of \(registries) tracked, "
            + "\(Words.count(status.changes, "change")) recorded."
    }

    private static func listTitle(_ query: TagQuery) -> String {
        var title = query.text.isEmpty ? "Tags" : "Tags with “\(PrintableText.excerpt(query.text, limit: 60))”"
        if let repository = query.repository {
            title += " of \(repository.familiar)"
        } else if let registry = query.registry {
            title += " of \(registry)"
        }
        return title
    }

    private static func filters(_ query: TagQuery, _ status: StoreStatus) -> [Link] {
        // The counts are the whole site's; beside a search they would say something else.
        let isWhole = query.text.isEmpty && query.registry == nil && query.repository == nil
        func link(_ label: String, _ state: TagState?, _ count: Int) -> Link {
            var other = query
            other.state = state
            return Link(
                label: label, href: href(other, cursor: nil), count: isWhole ? Words.number(count) : nil,
                isCurrent: query.state == state)
        }
        let states: [(String, TagState)] = [
            ("Watched", .active), ("Not seen yet", .pending), ("Failing", .failing), ("Missing", .missing),
        ]
        // A state that no tag is in is no choice, unless it is the one that was chosen.
        return [link("All", nil, status.tracked)]
            + states.compactMap { label, state in
                let count = status.states[state] ?? 0
                return count > 0 || query.state == state ? link(label, state, count) : nil
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
            Column(label: "Updates, 1 year", style: "number updates"),
            column("Changes, 30 days", "number month", .changes30d, descendingFirst: true),
            column("Last change", "last", .lastChanged, descendingFirst: true),
            Column(label: "Digest", style: "digest"),
        ]
    }

    private static func href(_ query: TagQuery, cursor: String?) -> String {
        let sort = query.sort == .name && !query.descending ? nil : (query.descending ? "-" : "") + query.sort.rawValue
        return Href.address(
            "/",
            [
                "query": query.text, "registry": query.registry?.name, "repository": query.repository?.description,
                "state": query.state?.name, "sort": sort, "cursor": cursor,
            ])
    }

    private static func emptyText(_ query: TagQuery, _ status: StoreStatus) -> String {
        if query.cursor != nil { return "There is nothing on this page." }
        if !query.text.isEmpty { return "No tracked tag has “\(PrintableText.excerpt(query.text))” in its name." }
        if status.tracked == 0 { return "Nothing is tracked yet. Name an image above to begin." }
        return "No tag is like that."
    }
}
