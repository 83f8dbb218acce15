/// `/`: find a tag, have one tracked, and see them all.
struct OverviewPage: Page {
    static let template = "overview"

    struct Column: Sendable, Hashable {
        let label: String
        let style: String
        var href: String?
        /// `ascending` or `descending` where the list is sorted by it.
        var sorted: String?
    }

    struct Offer: Sendable, Hashable {
        let reference: String
    }

    let title = "Tagbeat: how often is that image really rebuilt?"
    let summary = "How often a container image's tags are really rebuilt, from their observed digests."
    let isOverview = true
    var query = ""
    var canTrack = true
    var totals = ""
    var banners: [Notice] = []
    /// A tag that was searched for and is not tracked.
    var offer: Offer?
    var listTitle = "Tracked tags"
    var filters: [Link] = []
    var columns: [Column] = []
    var rows: [TagRow] = []
    var firstHref: String?
    var nextHref: String?
    var hasPaging = false
    var emptyText = ""
}
