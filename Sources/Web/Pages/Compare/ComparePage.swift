import OCI
import Store
import TagHistory

/// `/compare?image=…&image=…`: two to eight images side by side.
struct ComparePage: Page {
    static let template = "compare"

    /// An image of the comparison, at the head of its column.
    struct Head: Sendable, Hashable {
        let repository: String
        let tag: String
        let href: String
        let badge: Badge?
        /// The comparison without it.
        var removeHref = ""
    }

    struct Line: Sendable, Hashable {
        let label: String
        let note: String?
        let cells: [String]
        /// The first line stands out.
        var isAnswer = false
    }

    let title: String
    let summary = "How often images are really rebuilt, side by side."
    let isCompare = true
    let heading: String
    var notices: [Notice] = []
    var strips = ""
    /// Whether one of them shows that the registry had no such tag.
    var hasAbsence = false
    var stripRows: [Table] = []
    var heads: [Head] = []
    var lines: [Line] = []
    /// Named, but never seen: there is nothing to compare.
    var unknown: [Unknown] = []
    /// What names no tag; the others are compared all the same.
    var unreadable: [NamedImages.Unreadable] = []
    /// In the address already.
    let images: [String]
    var canAdd = true
    var presets: [Link] = []
    let canTrack: Bool
    var shareHref: String?

    struct Unknown: Sendable, Hashable {
        let reference: String
        let name: String
        let href: String
        let text: String
    }

    /// The table that says the same as one strip.
    struct Table: Sendable, Hashable {
        let name: String
        let text: String
    }

    static let most = 8

    /// - Parameter records: of those that are or were tracked.
    init(
        _ references: [TagReference], records: [(record: TagRecord, statistics: Statistics)], canTrack: Bool,
        now: Timestamp
    ) {
        self.canTrack = canTrack
        images = references.map(\.familiar)
        canAdd = references.count < Self.most
        let known = Dictionary(records.map { ($0.record.tag.reference, $0) }) { $1 }
        let shown = references.compactMap { known[$0] }.filter { !$0.record.history.isEmpty }
        let names = shown.map(\.record.tag.reference.familiar).joined(separator: ", ")
        heading = shown.count < 2 ? "Compare images" : names
        title = (shown.count < 2 ? "Compare" : "Compare " + names) + " · Tagbeat"
        unknown = references.filter { reference in !shown.contains { $0.record.tag.reference == reference } }.map {
            reference in
            Unknown(
                reference: reference.description, name: reference.familiar, href: Href.tag(reference),
                text: known[reference].map { TagPage.unseenAnswer($0.record.tag) } ?? "Not tracked yet.")
        }
        shareHref = references.count >= 2 ? Href.images(images, path: "/compare") : nil
        guard !shown.isEmpty else { return }
        draw(shown.map(\.record), now: now)
        let columns = shown.map { Column($0.record, $0.statistics, now: now) }
        heads = columns.map { column in
            var head = column.head
            let others = references.filter { Href.tag($0) != head.href }.map(\.familiar)
            head.removeHref = Href.images(others, path: "/compare")
            return head
        }
        lines = Column.labels.enumerated().map { index, label in
            Line(label: label.text, note: label.note, cells: columns.map { $0.cells[index] }, isAnswer: index == 0)
        }
    }

    private mutating func draw(_ records: [TagRecord], now: Timestamp) {
        let axis = StripAxis.histories(
            from: records.map { $0.history.first?.observedAt ?? $0.firstSeenAt }, to: now, width: 1_040)
        let drawn = records.map { record in
            (
                label: record.tag.reference.familiar,
                strip: Strip(
                    history: record.history, firstSeenAt: record.firstSeenAt,
                    lastSucceededAt: record.tag.lastSucceededAt, trackedSince: record.tag.trackedSince, now: now,
                    axis: axis)
            )
        }
        strips =
            StripDrawing(compare: drawn, id: "strips", title: "Updates of \(Words.count(records.count, "image"))").svg
        hasAbsence = drawn.contains { $0.strip.hasAbsence }
        stripRows = drawn.map { Table(name: $0.label, text: $0.strip.summary) }
    }
}
