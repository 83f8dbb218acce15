public import OCI

/// What a change was, from the contents of its two digests.
public struct Classification: Hashable, Sendable {
    /// `rebuild`, `noop`, `platforms` or `metadata`.
    public let kind: ChangeKind
    /// The platforms that it touched, in order; none for `metadata`, and where they are not known.
    public let platforms: [Platform]
    /// Manifests whose layers decide between `rebuild` and `noop`, and are not known: one platform's at a time, because
    /// the first that differs decides.
    public let undecided: [Digest]

    /// Nothing but that the digest is another one.
    public static let unknown = Classification(kind: .rebuild)

    public init(kind: ChangeKind, platforms: [Platform] = [], undecided: [Digest] = []) {
        self.kind = kind
        self.platforms = platforms
        self.undecided = undecided
    }

    /// Compares two contents; nil stands for one that is not known.
    ///
    /// `rebuild` where at least one common platform's manifest differs, with every platform that came, went or differs;
    /// `noop` where the layers of all those are the same and none came or went; `platforms` where platforms only came
    /// or went; `metadata` where every platform is served by the same manifest. As long as layers are missing, what
    /// differs counts as rebuilt.
    public init(from old: KnownContent?, to new: KnownContent?) {
        guard let old, let new else {
            self = .unknown
            return
        }
        let before = old.images(beside: new)
        let after = new.images(beside: old)
        guard let before, let after else {
            self = Self.images(old, new)
            return
        }
        let different = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
        let common = different.filter { before[$0] != nil && after[$0] != nil }
        let isWhole = !old.hasUnnamedPlatforms && !new.hasUnnamedPlatforms
        if common.isEmpty, isWhole {
            self.init(kind: different.isEmpty ? .metadata : .platforms, platforms: different)
        } else if common.count < different.count || !isWhole {
            self.init(kind: .rebuild, platforms: isWhole ? different : [])
        } else {
            self.init(old, new, different: common, before: before, after: after)
        }
    }

    /// All that differs is manifests of platforms that both have.
    private init(
        _ old: KnownContent, _ new: KnownContent, different: [Platform], before: [Platform: Set<Digest>],
        after: [Platform: Set<Digest>]
    ) {
        var undecided: [Digest] = []
        let layers = old.layers.merging(new.layers) { first, _ in first }
        // What stands for an index is read first, so it is looked at first.
        let amd64 = Platform(os: "linux", architecture: "amd64")
        for platform in different.filter({ $0 == amd64 }) + different.filter({ $0 != amd64 }) {
            switch Self.compare(before[platform] ?? [], after[platform] ?? [], layers: layers) {
            case .same: continue
            case .different:
                self.init(kind: .rebuild, platforms: different)
                return
            case .unknown(let missing): if undecided.isEmpty { undecided = missing }
            }
        }
        self.init(kind: undecided.isEmpty ? .noop : .rebuild, platforms: different, undecided: undecided)
    }

    /// Two single images of which one does not tell its platform, or one such and an index.
    private static func images(_ old: KnownContent, _ new: KnownContent) -> Classification {
        guard !old.isIndex, !new.isIndex, let before = old.layers.first, let after = new.layers.first else {
            return .unknown
        }
        return Classification(kind: isSame(before.value, after.value) ? .noop : .rebuild)
    }

    private enum Comparison {
        case same, different
        case unknown([Digest])
    }

    private static func compare(
        _ before: Set<Digest>, _ after: Set<Digest>, layers: [Digest: KnownContent.Layers]
    ) -> Comparison {
        let missing = before.union(after).filter { layers[$0] == nil }
        guard missing.isEmpty else { return .unknown(missing.sorted()) }
        let lists = Set(before.map { layers[$0] })
        let others = Set(after.map { layers[$0] })
        return lists == others && !lists.contains(KnownContent.Layers.none) ? .same : .different
    }

    /// Without layers, two images differ by all that they have.
    private static func isSame(_ first: KnownContent.Layers, _ second: KnownContent.Layers) -> Bool {
        first == second && first != .none
    }
}

extension KnownContent {
    /// The manifests of each platform; nil for a single image whose platform nothing tells.
    ///
    /// - Parameter other: an index that serves the same image knows its platform.
    fileprivate func images(beside other: KnownContent) -> [Platform: Set<Digest>]? {
        if !platforms.isEmpty || isIndex { return platforms.byPlatform }
        guard let digest = layers.keys.first, other.isIndex,
            let platform = other.platforms.first(where: { $0.digest == digest })?.platform
        else { return nil }
        return [platform: [digest]]
    }
}

extension [PlatformDigest] {
    /// One platform may be listed twice.
    var byPlatform: [Platform: Set<Digest>] {
        reduce(into: [:]) { $0[$1.platform, default: []].insert($1.digest) }
    }
}
