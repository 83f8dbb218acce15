import OCI
import Store
import TagHistory

extension TagQuery {
    /// What moved most recently.
    static var moved: TagQuery {
        var query = TagQuery()
        (query.sort, query.descending, query.limit, query.isBrief) = (.lastChanged, true, 60, true)
        return query
    }

    /// What was rebuilt as long as it could be expected, and is no more; a newer version is not its reason.
    static var stopped: TagQuery {
        var query = TagQuery()
        (query.rhythm, query.sort, query.descending, query.limit) = (.stopped, .lastChanged, true, 200)
        query.isBrief = true
        return query
    }

    /// The first screen's table begins with what moved, not with what its name begins with A.
    var hasPageSort: Bool { sort == .lastChanged && descending }

    /// Nothing is asked for but the list's beginning.
    var isPlain: Bool {
        text.isEmpty && registry == nil && repository == nil && rhythm == nil && state == nil && hasPageSort
            && cursor == nil
    }
}

extension OverviewPage {
    init(
        _ list: TagListPage, hero: String, lately: Lately? = nil, status: StoreStatus?
    ) {
        self.list = list
        totals = status.map(Self.totals)
        banners = status.map(Notice.health) ?? []
        self.hero = hero
        self.lately = lately
    }

    private static func totals(_ status: StoreStatus) -> String {
        let registries = Words.count(status.lanes.count, "registry", "registries")
        return "\(Words.count(status.tracked, "tag")) of \(registries) tracked, "
            + "\(Words.count(status.changes, "change")) recorded."
    }

    /// What moved last before that has stopped long ago.
    static let latelyDays = 365.0

    /// Nobody knows of what was not seen for so long that it stopped.
    private static let unseenDays = 30.0

    /// By their last updates, not by what changed since without being one, and only where it is known when those were. What
    /// is kept is last night's word.
    static func stopped(_ tags: [JudgedTag], now: Timestamp) -> [Group] {
        let stopped: [(TagReference, Timestamp)] = tags.compactMap { judged in
            guard judged.judgement.rhythm.word == .stopped, let days = judged.judgement.daysSinceLastUpdate,
                days < latelyDays, !judged.judgement.isLastVague,
                let seen = judged.tag.lastSucceededAt, now.days(since: seen) < unseenDays
            else { return nil }
            return (judged.tag.reference, now.advanced(bySeconds: -days * 86_400))
        }
        return grouped(stopped.sorted { $0.1 > $1.1 })
    }

    /// Only those of which it is known when.
    static func moved(_ tags: [TrackedTag]) -> [Group] {
        grouped(
            tags.compactMap { tag in
                tag.gap == nil ? tag.lastChangedAt.map { (tag.reference, $0) } : nil
            })
    }

    /// Tags that are pushed together are one line.
    private static func grouped(_ tags: [(reference: TagReference, time: Timestamp)]) -> [Group] {
        var order: [Repository] = []
        var groups: [Repository: [(reference: TagReference, time: Timestamp)]] = [:]
        for tag in tags {
            let repository = tag.reference.repository
            if groups[repository] == nil { order.append(repository) }
            groups[repository, default: []].append(tag)
        }
        return order.prefix(6).compactMap { repository in
            guard let tags = groups[repository], let newest = tags.map(\.time).max() else { return nil }
            let together = tags.filter { newest.seconds(since: $0.time) < 6 * 3_600 }
            return Group(
                repository: repository.familiar,
                tags: together.prefix(3).map { Link(label: $0.reference.tag.name, href: Href.tag($0.reference)) },
                more: together.count > 3 ? "and \(Words.number(together.count - 3)) more" : nil,
                time: newest)
        }
    }
}

extension OverviewPage.Hero {
    init(_ presets: [Preset]) {
        self.init(
            presets: presets.map { preset in
                Link(label: preset.name, href: Href.images(preset.images.map(\.familiar)))
            })
    }
}

extension OverviewPage.Lately {
    /// As text, so that what shows another is another answer.
    var shown: [String] {
        [moved, stopped].flatMap { groups in
            ["\(groups.count)"]
                + groups.flatMap { group in
                    [group.repository, group.more ?? "", group.when.iso, group.when.relative] + group.tags.map(\.href)
                }
        }
    }
}

extension StoreStatus {
    /// What the first screen shows of it, as text.
    fileprivate var counted: [String] { TagState.allCases.map { "\($0.name) \(states[$0] ?? 0)" } }

    var shown: [String] {
        [String(changes)] + counted + lanes.map(\.registry.name)
            + Notice.health(of: self).flatMap { [$0.heading, $0.text, $0.reasonText ?? ""] }
    }
}
