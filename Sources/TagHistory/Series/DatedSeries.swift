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
        self.members = members
        self.series = series
        self.stems = stems
    }

    /// What a floating tag bore before, by its dated siblings: each once, at its push time, or within its day where
    /// that is not known. Members that were pushed again later are left out: when they were first is not known.
    ///
    /// - Parameter digest: what the tag bears now.
    /// - Returns: oldest first; empty for a tag that bears a date itself.
    public func past(of tag: Tag, bearing digest: Digest) -> [Observation] {
        guard DatedTag(tag) == nil, let members = series(for: tag, bearing: digest) else { return [] }
        var observations: [Observation] = []
        for index in members.indices.suffix(lengthOfPast(of: tag, in: members)) {
            let member = members[index]
            let next = index + 1 < members.count ? members[index + 1].day : nil
            guard let digest = member.listed.digest, digest != observations.last?.digest,
                let observation = Self.observation(of: digest, member, before: next),
                observations.last.map({ $0.observedAt < observation.observedAt }) ?? true
            else { continue }
            observations.append(observation)
        }
        return observations
    }

    private func series(for tag: Tag, bearing digest: Digest) -> [Member]? {
        guard let stems = stems[digest] else { return nil }
        if stems.contains(tag.name) { return series[tag.name] }
        return stems.compactMap { series[$0] }.max { ($0.count, $1[0].listed.tag) < ($1.count, $0[0].listed.tag) }
    }

    /// How many of the newest members are this tag's: a frozen version before it, 12.10 beside 12.11, was what the
    /// floating tag's series bore until then.
    private func lengthOfPast(of tag: Tag, in members: [Member]) -> Int { members.count }

    /// - Parameter next: the day of the next member. What was pushed after it was pushed again.
    private static func observation(of digest: Digest, _ member: Member, before next: Timestamp?) -> Observation? {
        guard let pushedAt = member.listed.pushedAt else {
            return Observation(
                digest: digest, observedAt: member.day.advanced(bySeconds: day), notBefore: member.day,
                source: .sibling)
        }
        // In the west the day begins before it does in UTC.
        let age = pushedAt.seconds(since: member.day)
        let most = next.map { max(patience, $0.seconds(since: member.day)) } ?? patienceWithTheNewest
        guard age >= -day, age <= most else { return nil }
        return Observation(digest: digest, observedAt: pushedAt, pushedAt: pushedAt, source: .sibling)
    }
}
