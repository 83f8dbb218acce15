/// `/tags/{reference}`: the answer in a sentence, then what it rests on.
struct TagPage: Page {
    static let template = "tag"

    struct Pin: Sendable, Hashable {
        /// `python:3.12@sha256:…`
        let text: String
        let hint: String
    }

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

    struct ChartRow: Sendable, Hashable {
        let label: String
        let updates: String
        let changes: String
    }

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
    var figures: [Figure] = []
    var pin: Pin?
    var chart = ""
    var chartHeading = ""
    var bucketLabel = ""
    var buckets: [Link] = []
    var chartRows: [ChartRow] = []
    var changes: [Change] = []
    var newestHref: String?
    var olderHref: String?
    var hasChangePaging = false
    var canCheck = false
    var checkHref = ""
    var facts: [Fact] = []
    var links: [Link] = []
}
