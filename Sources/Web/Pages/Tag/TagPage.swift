/// `/tags/{reference}`: the answer in a sentence, then what it rests on.
struct TagPage: Page {
    static let template = "tag"

    let title: String
    let summary: String
    /// In full.
    let reference: String
    let repository: String
    let repositoryHref: String
    let tag: String
    var badge: Badge?
    var answer = ""
    var answerDetail: String?
    var notices: [Notice] = []
    var canTrack = false
    var trackText = ""
    /// Whether it is or was tracked.
    var isKnown = false
    /// Whether it was ever seen.
    var hasHistory = false
    /// The whole history on an axis of time.
    var strip = ""
    /// Whether the strip shows that the registry had no such tag.
    var hasAbsence = false
    /// The same as rows of a table.
    var stripTable = ""
    var use: Use?
    /// Rows of the table of changes.
    var changes = ""
    var newestHref: String?
    var olderHref: String?
    var hasChangePaging = false
    var siblings: Siblings?
    var offered: OfferedPart?
    var bars: TagChart?
    var isBarsOpen = false
    var intervals: [Fact] = []
    var platforms: [Arrival] = []
    var platformText = ""
    var embedding: Embedding?
    var canCheck = false
    var checkHref = ""
    var facts: [Fact] = []
    var links: [Link] = []
    var feedHref: String?

    struct Change: Sendable, Hashable {
        let kind: String
        let kindStyle: String
        let kindHelp: String
        /// Which platforms, or what it means, where more is known than that the digest is another.
        let detail: String?
        /// What the image says of itself.
        let says: String?
        let isReverted: Bool
        let when: Moment
        /// How well the time is known.
        let span: String
        let source: String
        /// `python:3.12`, to copy with the digest.
        let image: String
        let digest: String?
    }

    /// How one platform takes part in the updates.
    struct Arrival: Sendable, Hashable {
        let name: String
        let updates: String
        let last: Moment?
        let delay: String
    }

    /// What stands on other pages.
    struct Embedding: Sendable, Hashable {
        let badge: String
        let badgeCode: String
        let chartCode: String
        let feed: String
        let exports: [Link]
    }
}
