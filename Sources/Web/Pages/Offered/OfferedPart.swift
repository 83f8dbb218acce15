import OCI
import Store
import TagHistory

/// What a registry offers of a repository, to choose what is watched too: a part of a tag's page and of a repository's.
struct OfferedPart: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        let name: String
        let href: String
        let isTracked: Bool
    }

    /// The page that it is a part of.
    let action: String
    let registry: String
    let repository: String
    /// The tag whose page it is.
    let from: String?
    /// As somebody typed it.
    var glob = ""
    var notice: Notice?
    /// How many there are; nil where nobody asked yet.
    var answer: String?
    var rows: [Row] = []
    /// Those shown that are not tracked yet, set apart by spaces.
    var choosable = ""
    var allLabel: String?
    /// The last tag of the page before.
    var after: String?
    var firstHref: String?
    var nextHref: String?
    var hasPaging = false

    init(of repository: Repository, on page: String, from reference: TagReference?) {
        action = page
        registry = repository.registry.name
        self.repository = repository.description
        from = reference?.description
    }

    /// Everything that tells one such part from another.
    var shown: [String] {
        [answer, notice?.heading, notice?.text, notice?.reasonText].map { $0 ?? "" }
            + rows.map { ($0.isTracked ? "+" : "") + $0.name }
    }
}

extension OfferedPart {
    /// - Parameters:
    ///   - pattern: nil for all.
    ///   - tracked: of the repository.
    mutating func show(
        _ offered: OfferedTags, matching pattern: TagPattern?, after: Tag?, tracked: Set<Tag>,
        of repository: Repository, now: Timestamp
    ) {
        notice = Self.notice(offered)
        guard let listedAt = offered.listedAt else { return }
        var selection = TagSelection()
        selection.globs = pattern.map { [$0] } ?? []
        let chosen = selection.choose(from: offered.tags)
        answer = Self.answer(chosen, tracked: tracked, isAll: pattern == nil, listedAt: listedAt, now: now)
        let start = after.flatMap { chosen.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        let page = chosen[start...].prefix(Site.mostAtOnce)
        rows = page.map { tag in
            Row(
                name: tag.name, href: Href.tag(TagReference(repository: repository, tag: tag)),
                isTracked: tracked.contains(tag))
        }
        let open = rows.filter { !$0.isTracked }.map(\.name)
        choosable = open.joined(separator: " ")
        allLabel =
            open.count < 2
            ? nil : open.count == rows.count ? "Track all \(open.count) shown" : "Track the other \(open.count) shown"
        self.after = start > 0 ? after?.name : nil
        firstHref = start > 0 ? href(after: nil) : nil
        hasPaging = start > 0 || page.endIndex < chosen.endIndex
        nextHref = page.endIndex < chosen.endIndex ? page.last.map { href(after: $0.name) } : nil
    }

    /// Where the part stands in this state. An empty glob is one too.
    func href(after: String?) -> String {
        "\(action)?offered=\(PercentCoding.encoded(glob))"
            + (after.map { "&offeredAfter=\(PercentCoding.encoded($0))" } ?? "")
            + "#offered"
    }

    private static func notice(_ offered: OfferedTags) -> Notice? {
        if let failure = offered.failure {
            return Notice(
                style: "warn", heading: "The registry did not list its tags.",
                text: offered.listedAt == nil ? "" : "What is shown was listed before.", reasonText: failure)
        }
        guard offered.listedAt == nil else { return nil }
        return Notice(
            style: "info", heading: "The registry is being asked.", text: "Load this page again in a moment.")
    }

    private static func answer(
        _ chosen: [Tag], tracked: Set<Tag>, isAll: Bool, listedAt: Timestamp, now: Timestamp
    ) -> String {
        let listed = "Listed \(Words.relative(listedAt, now: now))."
        guard !chosen.isEmpty else { return (isAll ? "It offers no tag. " : "No tag that it offers fits. ") + listed }
        let watched = chosen.count(where: tracked.contains)
        return Words.count(chosen.count, "tag") + (isAll ? "" : chosen.count == 1 ? " fits" : " fit")
            + ", \(watched == 0 ? "none" : Words.number(watched)) of them watched. " + listed
    }
}
