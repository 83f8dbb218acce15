import Foundation
import OCI
import TagHistory

/// Tags that are names of one image: they bear each digest together.
struct GeneratedGroup {
    struct Event {
        let time: Timestamp
        /// Counted from 0, in `digests`; nil where the tags went missing.
        let digest: Int?
        let kind: ChangeKind
        let reverted: Bool
        /// Counted from 1, in `GeneratedSite.platformSets`.
        let platformSet: Int32?
    }

    let tags: [String]
    private(set) var digests: [Digest] = []
    private(set) var events: [Event] = []
    private let seeds: [UInt64]
    private let until: Timestamp
    private let tellsPushes: Bool

    /// Seconds between the times at which a repository may be pushed to.
    static let grid = 6 * 3_600.0
    private static let longest = 1_095 * 86_400.0

    init(
        number: Int, size: Int, site: GeneratedSite, offset: Double, tellsPushes: Bool, random: inout SplitMix64
    ) {
        let version = "\(1 + number / 10).\(number % 10)"
        tags = (0..<size).map { $0 == 0 ? version : "\(version).\(random.index(20))-\($0)" }
        seeds = (0..<size).map { _ in random.next() }
        until = site.until
        self.tellsPushes = tellsPushes
        let mean = max(0.01, Double(site.changes) / Double(site.tags) - 1)
        let count = Int(min(2_000, exp(log(mean) - 0.72 + 1.2 * random.nextNormal())) + random.nextUnit())
        let span = Self.longest * (0.1 + 0.9 * random.nextUnit())
        let start = site.until.advanced(bySeconds: -span - 30 * 3_600)
        let isRegular = random.index(10) < 7
        let places =
            isRegular
            ? (0..<count).map { (Double($0) + 0.2 + 0.6 * random.nextUnit()) / Double(count) }
            : (0..<count).map { _ in random.nextUnit() }.sorted()
        addDigest(&random)
        append(.first, at: start, digest: 0, random: &random)
        var last = 0.0
        for place in places {
            last = max(last + Self.grid, (place * span / Self.grid).rounded(.down) * Self.grid + offset)
            guard last <= span else { break }
            change(at: start.advanced(bySeconds: last), random: &random)
        }
    }

    private mutating func change(at time: Timestamp, random: inout SplitMix64) {
        let chance = random.index(400)
        if chance == 0, events.last?.digest != nil {
            append(.missing, at: time, digest: nil, random: &random)
        } else if events.last?.digest == nil, let digest = events.last(where: { $0.digest != nil })?.digest {
            append(.returned, at: time, digest: digest, random: &random)
        } else if chance < 5, let earlier = events.dropLast().last(where: { $0.digest != events.last?.digest })?.digest
        {
            append(.rebuild, at: time, digest: earlier, reverted: true, random: &random)
        } else {
            addDigest(&random)
            append(
                chance < 40 ? .metadata : chance < 60 ? .noop : .rebuild, at: time, digest: digests.count - 1,
                random: &random)
        }
    }

    private mutating func addDigest(_ random: inout SplitMix64) {
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next().bigEndian) { Array($0) } }
        if let digest = try? Digest(bytes: bytes) { digests.append(digest) }
    }

    private mutating func append(
        _ kind: ChangeKind, at time: Timestamp, digest: Int?, reverted: Bool = false, random: inout SplitMix64
    ) {
        let set =
            kind.isChange && random.index(2) == 0 ? Int32(1 + random.index(GeneratedSite.platformSets.count)) : nil
        events.append(Event(time: time, digest: digest, kind: kind, reverted: reverted, platformSet: set))
    }

    /// One tag's history, a row for each event, each seen by a check within the hour.
    func history(of tag: Int) -> [Change] {
        var random = SplitMix64(seed: seeds[tag])
        var bearer: Digest?
        return events.map { event in
            let digest = event.digest.map { digests[$0] }
            let observedAt = event.time.advanced(bySeconds: 60 + 3_540 * random.nextUnit())
            let before = event.time.advanced(bySeconds: -60 - 10_000 * random.nextUnit())
            let isTold = tellsPushes && event.kind.isChange
            defer { bearer = digest ?? bearer }
            return Change(
                digest: digest, previousDigest: event.kind == .first || event.kind == .returned ? nil : bearer,
                kind: event.kind, reverted: event.reverted, source: .observed, observedAt: observedAt,
                notBefore: event.kind == .first ? nil : before,
                pushedAt: isTold ? event.time.advanced(bySeconds: -50 * random.nextUnit()) : nil)
        }
    }

    /// When a tag was checked last and will be next: once a day.
    func checks(of tag: Int) -> (last: Timestamp, next: Timestamp) {
        var random = SplitMix64(seed: ~seeds[tag])
        let last = until.advanced(bySeconds: -86_400 * random.nextUnit())
        return (last, last.advanced(bySeconds: 86_400))
    }
}
