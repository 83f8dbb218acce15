import OCI
import Store
import TagHistory

/// `/?image=…&image=…`: several images side by side, a line each.
struct ImagesPage: Page {
    static let template = "images"

    struct Row: Sendable, Hashable {
        /// Nil where it was never seen.
        let known: TagRow?
        /// It was tracked once.
        let isUntracked: Bool
        let href: String
        let name: String
        let reference: String
        let places: String?
        /// How far behind the digest is that it is pinned to.
        let pin: Badge?
        /// It was just to be tracked, and its registry does not have it.
        let isRefused: Bool
        /// It was just to be tracked, and could not be for another reason.
        let isLeft: Bool
        let canTrack: Bool
    }

    let title: String
    let summary = "How often these images are really rebuilt."
    let isOverview = true
    let heading: String
    let lede: String?
    let notes: [String]
    let weeksHead: String
    let rows: [Row]
    let unreadable: [NamedImages.Unreadable]
    /// The whole list again, for whoever tracks a part of it.
    let unknown: [String]
    let trackLabel: String?
    /// Nil where there is none to share.
    let shareHref: String?
    /// The same as a form bears it.
    let shareQuery: String
    let compareHref: String?
    let box: ImageBox
}

extension ImagesPage {
    init(
        _ images: NamedImages, known: [TagReference: TagRow], pins: [TagReference: [Digest: Badge]],
        refused: Set<TagReference>, left: Set<TagReference>,
        untracked: Set<TagReference>, canTrack: Bool, now: Timestamp
    ) {
        let count = images.items.count
        heading = count == 0 ? "No image to look at" : Words.count(count, "image")
        title = "\(heading) · Tagbeat"
        lede = images.kind.map { "Read as \($0)." }
        notes = images.notes
        weeksHead = TagRow.weeksHead(at: now)
        rows = images.items.map { item in
            let row = known[item.reference]
            return Row(
                known: row, isUntracked: untracked.contains(item.reference), href: Href.tag(item.reference),
                name: item.reference.familiar,
                reference: item.reference.description, places: item.places,
                pin: item.pinned.flatMap { pins[item.reference]?[$0] }, isRefused: refused.contains(item.reference),
                isLeft: left.contains(item.reference), canTrack: canTrack)
        }
        unreadable = images.unreadable
        let missing = Set(images.items.map(\.reference)).subtracting(known.keys).union(untracked).map(\.description)
            .sorted()
        unknown = canTrack ? Array(missing.prefix(Site.mostAtOnce)) : []
        trackLabel =
            unknown.count < 2
            ? nil
            : missing.count > unknown.count
                ? "Track the first \(unknown.count)" : "Track all \(unknown.count)"
        let href = Href.images(images.names)
        shareHref = count == 0 ? nil : href
        shareQuery = String(href.dropFirst(2))
        compareHref =
            (2...8).contains(known.count)
            ? Href.images(
                images.items.map(\.reference).filter { known[$0] != nil }.uniqued.map(\.familiar), path: "/compare")
            : nil
        box = ImageBox(text: images.text)
    }
}

extension Sequence where Element: Hashable {
    /// Each once, in the order of their first occurrence.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension Badge {
    /// How far behind a pinned digest is.
    init(pinned holders: Set<Digest>, bearings: [Bearing], marks: [HistoryMark], now: Timestamp) {
        guard let bearing = bearings.last(where: { holders.contains($0.digest) }) else {
            self.init(label: "pinned to a digest that it never bore, as far as is known", style: "warn")
            return
        }
        guard let until = bearing.until else {
            self.init(label: "pinned to the newest digest", style: "good")
            return
        }
        guard !bearing.wasReverted else {
            self.init(label: "pinned to a digest that was taken back", style: "warn")
            return
        }
        guard bearing != bearings.last else {
            self.init(label: "pinned to the last digest of a tag that is gone", style: "warn")
            return
        }
        let behind = Bearing.updatesBehind(bearing, of: bearings, marks: marks)
        self.init(
            label: behind == 0
                ? "pinned, no update behind"
                : "pinned, \(Words.count(behind, "update")) and \(Words.days(now.days(since: until))) behind",
            style: behind == 0 ? "info" : "warn")
    }
}
