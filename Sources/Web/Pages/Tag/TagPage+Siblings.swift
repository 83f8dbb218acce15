import OCI
import Store
import TagHistory

extension TagPage {
    /// Other tags of the repository that are tracked.
    struct Siblings: Sendable, Hashable {
        struct Group: Sendable, Hashable {
            let heading: String
            let tags: [Link]
        }

        let groups: [Group]
        let allLabel: String
        let allHref: String
    }
}

extension TagPage.Siblings {
    private static let most = 12

    /// - Parameter tags: of the repository, the tag itself among them where it is tracked.
    init(of reference: TagReference, tags: [RepositoryTag]) {
        let tracked = tags.filter { $0.state != .untracked }
        let others = tracked.filter { $0.reference != reference }
        var groups: [Group] = []
        if let version = TagVersion(reference.tag) {
            let versions = others.compactMap { TagVersion($0.reference.tag) }
            groups = [
                Self.group("At other precisions", Self.precisions(of: version, in: versions), reference),
                Self.group("The same version in other variants", Self.variants(of: version, in: versions), reference),
                Self.group("Newer versions of the same shape", Self.newer(than: version, in: versions), reference),
            ].compactMap(\.self)
        } else {
            let names = others.filter { TagVersion($0.reference.tag) == nil }.map(\.reference.tag)
            groups = [Self.group("Other names", Array(names.prefix(Self.most)), reference)].compactMap(\.self)
        }
        self.init(
            groups: groups,
            allLabel: others.isEmpty
                ? "No other tag of \(reference.repository.familiar) is watched yet"
                : "All \(Words.number(tracked.count)) tags of \(reference.repository.familiar)",
            allHref: Href.repository(reference.repository))
    }

    private static func group(_ heading: String, _ tags: [Tag], _ reference: TagReference) -> Group? {
        guard !tags.isEmpty else { return nil }
        return Group(
            heading: heading,
            tags: tags.map { tag in
                Link(
                    label: tag.name, href: Href.tag(TagReference(repository: reference.repository, tag: tag)))
            })
    }

    /// 3.12 and 3 of 3.12.13; of 3.12 also the newest that it may stand for.
    private static func precisions(of version: TagVersion, in versions: [TagVersion]) -> [Tag] {
        let related = versions.filter { other in
            other.prefix == version.prefix && other.suffix == version.suffix
                && (version.version.hasPrefix(other.version + ".") || other.version.hasPrefix(version.version + "."))
        }
        var best: [TagShape: TagVersion] = [:]
        for other in related where best[other.shape].map({ $0 < other }) ?? true { best[other.shape] = other }
        return best.values.sorted { $0.version.count > $1.version.count }.map(\.tag)
    }

    private static func variants(of version: TagVersion, in versions: [TagVersion]) -> [Tag] {
        let related = versions.filter { other in
            other.version == version.version && (other.prefix, other.suffix) != (version.prefix, version.suffix)
        }
        return related.map(\.tag).sorted { ($0.name.count, $0) < ($1.name.count, $1) }.prefix(most).map(\.self)
    }

    private static func newer(than version: TagVersion, in versions: [TagVersion]) -> [Tag] {
        versions.filter { version.isSuperseded(by: $0) }.sorted(by: >).prefix(most).map(\.tag)
    }
}
