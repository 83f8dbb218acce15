public import OCI

/// What a listing says of one tag.
public struct ListedMember: Hashable, Sendable {
    public let tag: Tag
    public let digest: Digest?
    /// Of its newest push.
    public let pushedAt: Timestamp?

    public init(tag: Tag, digest: Digest?, pushedAt: Timestamp?) {
        self.tag = tag
        self.digest = digest
        self.pushedAt = pushedAt
    }
}

/// The dated tags of a repository: where the newest of a series bears what a floating tag bears, the series is that
/// tag's past.
public struct DatedSeries: Sendable {
    public let members: [Tag: ListedMember]
    /// By stem, oldest first.
    private let series: [String: [Member]]
    /// The stems of the series whose newest member bears a digest.
    private let stems: [Digest: [String]]

    /// The oldest version of each shape that bears a member's digest now.
    private let bearers: [Bearer: TagVersion]
    private let now: Timestamp

    private struct Bearer: Hashable {
        let digest: Digest
        let shape: TagShape
    }

    private struct Member: Sendable {
        let listed: ListedMember
        let day: Timestamp
        let build: Int
    }

    /// Seconds.
    private static let day = 86_400.0
    /// How long after its day began a dated tag may still have been pushed for the first time, although the next one
    /// has come, and while none has. Some are released a week after the day that they bear. Seconds.
    private static let (patience, patienceWithTheNewest) = (3 * day, 15 * day)

    /// - Parameter listing: in any order; of a tag that comes twice the later one counts.
    public init(_ listing: some Sequence<ListedMember>, now: Timestamp) {
        var members: [Tag: ListedMember] = [:]
        for member in listing { members[member.tag] = member }
        var series: [String: [Member]] = [:]
        for member in members.values {
            guard let dated = DatedTag(member.tag), dated.day <= now else { continue }
            series[dated.stem, default: []].append(Member(listed: member, day: dated.day, build: dated.build))
        }
        var stems: [Digest: [String]] = [:]
        for (stem, list) in series {
            let sorted = list.sorted { ($0.day, $0.build, $0.listed.tag) < ($1.day, $1.build, $1.listed.tag) }
            series[stem] = sorted
            if let digest = sorted.last?.listed.digest { stems[digest, default: []].append(stem) }
        }
        let digests = Set(series.values.joined().compactMap(\.listed.digest))
        var bearers: [Bearer: TagVersion] = [:]
        for member in members.values {
            guard let digest = member.digest, digests.contains(digest), DatedTag(member.tag) == nil,
                let version = TagVersion(member.tag)
            else { continue }
            let bearer = Bearer(digest: digest, shape: version.shape)
            bearers[bearer] = min(bearers[bearer] ?? version, version)
        }
        self.members = members
        self.series = series
        self.stems = stems
        self.bearers = bearers
        self.now = now
    }

    /// What a floating tag bore before, by its dated siblings: each once, at its push time, or within its day where
    /// that is not known. Members that were pushed again later are left out: when they were first is not known.
    ///
    /// - Parameter digest: what the tag bears now.
    /// - Returns: oldest first; empty for a tag that bears a date itself.
    public func past(of tag: Tag, bearing digest: Digest) -> [Observation] {
        guard DatedTag(tag) == nil, let members = series(for: tag, bearing: digest) else { return [] }
        let version = TagVersion(tag)
        var observations: [Observation] = []
        for index in members.indices.reversed() {
            let member = members[index]
            guard let borne = member.listed.digest else { continue }
            if borne != digest, isFrozen(borne, before: version) { break }
            let next = index + 1 < members.count ? members[index + 1].day : nil
            // What came after its successor was pushed again.
            guard let observation = observation(of: borne, member, before: next),
                observations.last.map({ observation.observedAt <= $0.observedAt }) ?? true
            else { continue }
            // It bore this one from the first of them on.
            if observations.last?.digest == borne { observations.removeLast() }
            observations.append(observation)
        }
        return observations.reversed()
    }

    private func series(for tag: Tag, bearing digest: Digest) -> [Member]? {
        guard let stems = stems[digest] else { return nil }
        if stems.contains(tag.name) { return series[tag.name] }
        return stems.compactMap { series[$0] }.max { ($0.count, $1[0].listed.tag) < ($1.count, $0[0].listed.tag) }
    }

    /// Whether an older version of the tag's shape stopped at a digest: 12.10 at a member of `bookworm`, to which 12.11
    /// belongs only since. A version that bears what the tag itself bears has not stopped.
    private func isFrozen(_ digest: Digest, before version: TagVersion?) -> Bool {
        guard let version, let bearer = bearers[Bearer(digest: digest, shape: version.shape)] else { return false }
        return bearer.precedence(to: version) == .lower
    }

    /// - Parameter next: the day of the next member. What was pushed after it was pushed again.
    private func observation(of digest: Digest, _ member: Member, before next: Timestamp?) -> Observation? {
        guard let pushedAt = member.listed.pushedAt else {
            return Observation(
                digest: digest, observedAt: min(member.day.advanced(bySeconds: Self.day), now),
                notBefore: member.day, source: .sibling)
        }
        // In the west the day begins before it does in UTC.
        let age = pushedAt.seconds(since: member.day)
        let most = next.map { max(Self.patience, $0.seconds(since: member.day)) } ?? Self.patienceWithTheNewest
        guard age >= -Self.day, age <= most, pushedAt <= now else { return nil }
        return Observation(digest: digest, observedAt: pushedAt, pushedAt: pushedAt, source: .sibling)
    }
}
