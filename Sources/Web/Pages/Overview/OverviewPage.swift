/// `/`: one box, what there is to look at, and all tags.
struct OverviewPage: Page {
    static let template = "overview"

    /// Tags of one repository that changed at the same time, or one alone.
    struct Moved: Sendable, Hashable {
        let repository: String
        let tags: [Link]
        let more: String?
        let when: Moment
    }

    let title = "Tagbeat: how often is that image really rebuilt?"
    let summary = "How often a container image's tags are really rebuilt, from their observed digests."
    let isOverview = true
    /// Nil where that is not known yet.
    var totals: String?
    var banners: [Notice] = []
    var box = ImageBox()
    var presets: [Link] = []
    var moved: [Moved] = []
    var stopped: [Moved] = []
    var list: TagListPage
    var isFirst = true
}

/// The box for an image, a Dockerfile or a compose file.
struct ImageBox: Sendable, Hashable {
    /// What it begins with.
    var text = ""
    var problem: String?
}
