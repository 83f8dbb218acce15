import OCI
import Store
import TagHistory

/// `/repositories/{registry}/{repository}`: all its tags that are watched, by shape and version.
struct RepositoryPage: Page {
    static let template = "repository"

    /// Tags that can be compared: versions of one shape, or names without a version.
    struct Group: Sendable, Hashable {
        let heading: String
        let count: String
        /// The newest versions' rows, drawn.
        let rows: String
        /// The next ones, without their histories.
        let others: [Link]
        let allLabel: String?
        let allHref: String?
    }

    let title: String
    let summary: String
    let repository: String
    let registry: String
    let registryHref: String
    let answer: String
    let weeksHead: String
    var groups: [Group] = []
    /// Where one shape alone is shown.
    let wholeHref: String?
    var newerHref: String?
    var olderHref: String?
    let offered: OfferedPart?
    let feedHref: String?
}

extension RepositoryPage {
    /// What is shown of a repository, and which of its tags that takes in full.
    struct Plan: Sendable {
        struct Part: Sendable {
            let shape: String
            let tags: [RepositoryTag]
            /// How many of them are shown with their histories.
            let detailed: Range<Int>

            /// Those that follow, of which the names are shown.
            var others: ArraySlice<RepositoryTag> { tags[detailed.upperBound...].prefix(12) }
        }

        static let names = "names"
        private static let mostGroups = 12
        private static let rowsPerGroup = 3
        static let rowsPerPage = 50

        let parts: [Part]
        let shape: String?

        /// - Parameters:
        ///   - shape: only tags of that one, 50 at a time.
        ///   - after: how many of it stand before.
        init(_ tags: [RepositoryTag], shape: String?, after: Int) {
            self.shape = shape
            var named: [RepositoryTag] = []
            var versions: [TagShape: [(TagVersion, RepositoryTag)]] = [:]
            for tag in tags where tag.state != .untracked {
                if let version = TagVersion(tag.reference.tag) {
                    versions[version.shape, default: []].append((version, tag))
                } else {
                    named.append(tag)
                }
            }
            // `latest` is what most look for; the others as they moved.
            named.sort { left, right in
                let (first, second) = (left.reference.tag.name == "latest", right.reference.tag.name == "latest")
                if first != second { return first }
                return (left.lastChangedAt ?? left.distantPast) > (right.lastChangedAt ?? right.distantPast)
            }
            // Tags that float, as `26` and `26-alpine`, are those that most choose; `26.7.0` is one of hundreds.
            let groups = versions.values.map { $0.sorted { $0.0 > $1.0 } }.sorted { left, right in
                let (first, second) = (left[0].0, right[0].0)
                return first.precision == second.precision ? first > second : first.precision < second.precision
            }
            var all: [(shape: String, tags: [RepositoryTag])] = named.isEmpty ? [] : [(Self.names, named)]
            all += groups.map { ($0[0].0.shape.pattern, $0.map(\.1)) }
            if let shape {
                parts = all.filter { $0.shape == shape }.map { part in
                    let start = min(after, part.tags.count)
                    return Part(
                        shape: part.shape, tags: part.tags,
                        detailed: start..<min(start + Self.rowsPerPage, part.tags.count))
                }
            } else {
                parts = all.enumerated().map { index, part in
                    let count = index < Self.mostGroups ? min(Self.rowsPerGroup, part.tags.count) : 0
                    return Part(shape: part.shape, tags: part.tags, detailed: 0..<count)
                }
            }
        }

        /// What is shown of the others, as text.
        var shown: [String] {
            parts.flatMap { part in
                [part.shape, String(part.tags.count), part.tags.compactMap(\.lastChangedAt).max()?.description ?? ""]
                    + part.others.map(\.reference.tag.name)
            }
        }

        var detailed: [TagReference] { parts.flatMap { part in part.tags[part.detailed].map(\.reference) } }
    }

    init(
        _ repository: Repository, plan: Plan, rows: [TagRow], offered: OfferedPart?, now: Timestamp
    ) {
        let rows = Dictionary(rows.map { ($0.reference, $0) }) { $1 }
        title = "\(repository.familiar) · Tagbeat"
        summary = "How often the tags of \(repository.familiar) are really rebuilt."
        self.repository = repository.familiar
        registry = repository.registry.name
        registryHref = Href.address("/", ["registry": repository.registry.name]) + "#tags"
        self.offered = offered
        weeksHead = TagRow.weeksHead(at: now)
        let href = Href.repository(repository)
        wholeHref = plan.shape == nil ? nil : href
        let tags = plan.parts.flatMap(\.tags)
        let last = tags.compactMap(\.lastChangedAt).max()
        answer =
            tags.isEmpty
            ? (plan.shape == nil ? "No tag of it is watched yet." : "No tag of this shape is watched.")
            : Words.count(tags.count, "tag") + (plan.shape == nil ? " watched" : " of this shape")
                + (last.map { ", the last change \(Words.relative($0, now: now))." } ?? ", no change seen yet.")
        feedHref = tags.isEmpty ? nil : Href.feed(repository)
        groups = plan.parts.map { Group($0, plan: plan, rows: rows, href: href) }
        if let part = plan.parts.first, plan.shape != nil {
            func page(_ start: Int) -> String {
                Href.address(href, ["shape": part.shape, "after": start > 0 ? String(start) : nil])
            }
            if part.detailed.lowerBound > 0 { newerHref = page(max(0, part.detailed.lowerBound - Plan.rowsPerPage)) }
            if part.detailed.upperBound < part.tags.count { olderHref = page(part.detailed.upperBound) }
        }
    }
}

extension RepositoryPage.Group {
    fileprivate init(
        _ part: RepositoryPage.Plan.Part, plan: RepositoryPage.Plan, rows: [TagReference: TagRow], href: String
    ) {
        let newest = part.tags.first?.reference.tag.name ?? part.shape
        heading = part.shape == RepositoryPage.Plan.names ? "Names without a version" : "Versions like \(newest)"
        count = Words.count(part.tags.count, "tag")
        self.rows = part.tags[part.detailed].compactMap { rows[$0.reference]?.html }.joined()
        let rest = plan.shape == nil ? part.others : []
        others = rest.map { Link(label: $0.reference.tag.name, href: Href.tag($0.reference)) }
        let isMore = !rest.isEmpty
        allLabel = isMore ? "All \(Words.number(part.tags.count)) with their histories" : nil
        allHref = isMore ? Href.address(href, ["shape": part.shape]) : nil
    }
}

extension RepositoryTag {
    fileprivate var distantPast: Timestamp { Timestamp(seconds: 0) }
}
