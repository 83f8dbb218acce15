import Foundation
public import OCI
import TagHistory

/// A made-up site for tests and benchmarks: the same seed makes the same tags, digests and changes, repository by
/// repository, so that no more than one of them is in memory.
///
/// As in life, most tags change rarely and some often; the tags of a repository change in bursts; about five tags are
/// names of the same image and bear each digest together, each seen by its own check.
public struct GeneratedSite: Sendable {
    public let tags: Int
    /// Rows of history to aim at; what comes differs by a few in a hundred.
    public let changes: Int
    public let seed: UInt64
    /// Nothing was observed after this.
    public let until: Timestamp

    public init(tags: Int, changes: Int, seed: UInt64, until: Timestamp) {
        self.tags = max(1, tags)
        self.changes = max(self.tags, changes)
        self.seed = seed
        self.until = until
    }

    static let registries = ["docker.io", "ghcr.io", "quay.io", "gcr.io", "registry.k8s.io"]
    static let platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x"]
    /// Sets of places in `platforms`, counted from 1.
    static let platformSets = ["{1}", "{1,2}", "{1,2,3,4}"]

    /// All repositories, in a fixed order.
    var repositories: some Sequence<GeneratedRepository> {
        sequence(state: (left: tags, index: 0)) { state -> GeneratedRepository? in
            guard state.left > 0 else { return nil }
            let repository = GeneratedRepository(index: state.index, of: self, limit: state.left)
            state.left -= repository.groups.reduce(0) { $0 + $1.tags.count }
            state.index += 1
            return repository
        }
    }
}

struct GeneratedRepository {
    /// Counted from 0, in `GeneratedSite.registries`.
    let registry: Int
    let path: String
    let groups: [GeneratedGroup]

    private static let words = [
        "alpine", "api", "app", "base", "build", "cache", "cloud", "core", "data", "edge", "flow", "gate", "grid",
        "home", "java", "lake", "mesh", "node", "proxy", "python", "queue", "redis", "server", "stack", "web",
    ]

    fileprivate init(index: Int, of site: GeneratedSite, limit: Int) {
        var random = SplitMix64(seed: site.seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(index) &* 0xD134_2543_DE82_EF95)
        registry = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3][random.index(10)] + (random.index(20) == 0 ? 1 : 0)
        path =
            "\(Self.words[random.index(25)])-\(Self.words[random.index(25)])/"
            + "\(Self.words[random.index(25)])\(String(index, radix: 36))"
        let tellsPushes = random.index(4) == 0
        let offset = random.nextUnit() * GeneratedGroup.grid
        var (left, groups) = (min(limit, 5 + random.index(60)), [GeneratedGroup]())
        while left > 0 {
            let size = min(left, 1 + random.index(9))
            groups.append(
                GeneratedGroup(
                    number: groups.count, size: size, site: site, offset: offset, tellsPushes: tellsPushes,
                    random: &random))
            left -= size
        }
        self.groups = groups
    }
}

extension SplitMix64 {
    mutating func index(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    /// A number around 0 with a variance of 1: near enough to normal for made-up rates.
    mutating func nextNormal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + nextUnit() } }
}
