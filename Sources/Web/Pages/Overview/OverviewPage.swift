import OCI

/// `/`: one box, what there is to look at, and all tags.
struct OverviewPage: Page {
    static let template = "overview"

    /// Tags of one repository that changed at the same time, or one alone.
    struct Group: Sendable, Hashable {
        let repository: String
        let tags: [Link]
        let more: String?
        let time: Timestamp
    }

    /// The same as it is told at some time.
    struct Moved: Sendable, Hashable {
        let repository: String
        let tags: [Link]
        let more: String?
        let when: Moment

        init(_ group: Group, now: Timestamp) {
            (repository, tags, more) = (group.repository, group.tags, group.more)
            when = Moment(group.time, now: now)
        }
    }

    /// What the site is, its box, and where to begin.
    struct Hero: Sendable {
        var box = ImageBox()
        let presets: [Link]
    }

    struct Lately: Sendable {
        let moved: [Moved]
        let stopped: [Moved]

        init(moved: [Group], stopped: [Group], now: Timestamp) {
            self.moved = moved.map { Moved($0, now: now) }
            self.stopped = stopped.map { Moved($0, now: now) }
        }
    }

    let title = "Tagbeat: how often is that image really rebuilt?"
    let summary = "How often a container image's tags are really rebuilt, from their observed digests."
    let isOverview = true
    /// Nil where that is not known yet.
    var totals: String?
    var banners: [Notice] = []
    /// Drawn: it is the same for all.
    let hero: String
    /// Where nothing is looked for.
    let lately: Lately?
    var list: TagListPage
}

/// The box for an image, a Dockerfile or a compose file.
struct ImageBox: Sendable, Hashable {
    /// What it begins with.
    var text = ""
    var problem: String?
}
