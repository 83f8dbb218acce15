import OCI

/// A tag's observations in order, equal ones merged.
struct Timeline {
    struct Entry {
        let digest: Digest?
        let observedAt: Timestamp
        /// Until then the tag was something else: as given, or as a row has it.
        var notBefore: Timestamp?
        var pushedAt: Timestamp?
        var mediaType: MediaType?
        var source: Source
        /// What the row was when it was stored, to keep it where its digests stay.
        var stored: Classified?
    }

    struct Classified {
        let previousDigest: Digest?
        let kind: ChangeKind
        let platforms: [Platform]

        /// More than that the digest is another one.
        var isTelling: Bool { kind != .rebuild || !platforms.isEmpty }
    }

    /// The last check that found the newest digest, or the tag missing, where no row tells of it.
    struct Tail {
        let digest: Digest?
        let mediaType: MediaType?
        let observedAt: Timestamp
        /// Where the last row of the same stands, to see what comes between; nil where there is none.
        let after: Timestamp?

        /// Nil where the row itself is the last that is known.
        init?(of row: Change?, until observedAt: Timestamp?) {
            guard let row, let observedAt, observedAt > row.observedAt else { return nil }
            digest = row.digest
            mediaType = row.mediaType
            self.observedAt = observedAt
            after = row.observedAt
        }

        /// The last check that found a tag missing before any sighting: it has no row.
        init(neverSeenUntil observedAt: Timestamp) {
            (digest, mediaType, after) = (nil, nil, nil)
            self.observedAt = observedAt
        }

        var entry: Entry {
            Entry(Observation(digest: digest, observedAt: observedAt, mediaType: mediaType, source: .observed))
        }
    }

    private(set) var entries: [Entry] = []
    /// In the order of time: none, one, or for a missing tag two.
    private(set) var tails: [Tail]

    init(existing: [Change], lastSucceededAt: Timestamp?, lastMissingAt: Timestamp?) {
        tails = Self.tails(
            newest: existing.last { !$0.isMereDate }, newestSeen: existing.last { $0.digest != nil && !$0.isMereDate },
            lastSucceededAt: lastSucceededAt,
            lastMissingAt: lastMissingAt)
        entries = Self.merged(Self.unfolded(existing))
    }

    /// - Parameters:
    ///   - newest: a history's last row that is no mere date; nil where it has none.
    ///   - newestSeen: the last one of these with a digest.
    static func tails(
        newest: Change?, newestSeen: Change?, lastSucceededAt: Timestamp?, lastMissingAt: Timestamp?
    ) -> [Tail] {
        let missing =
            newest == nil
            ? lastMissingAt.map(Tail.init(neverSeenUntil:))
            : Tail(of: newest.flatMap { $0.digest == nil ? $0 : nil }, until: lastMissingAt)
        return [Tail(of: newestSeen, until: lastSucceededAt), missing].compactMap(\.self)
    }

    mutating func add(_ observations: [Observation]) {
        guard !observations.isEmpty else { return }
        let added = observations.map(Entry.init)
        for tail in tails where added.contains(where: { obscures($0, tail) }) { materialise(tail) }
        entries += added
        // Stored rows come first, so a stable order keeps them before new ones of the same time.
        if !zip(entries, entries.dropFirst()).allSatisfy({ $0.observedAt <= $1.observedAt }) {
            entries = entries.indices
                .sorted { (entries[$0].observedAt, $0) < (entries[$1].observedAt, $1) }
                .map { entries[$0] }
        }
        entries = Self.merged(entries)
    }

    /// Without a row, the tail would be forgotten: something else comes between its row and it, or after it, before
    /// which something else may be put later.
    private func obscures(_ entry: Entry, _ tail: Tail) -> Bool {
        guard entry.observedAt > tail.observedAt || isBetween(entry, tail) else { return false }
        return !entries.contains { $0.observedAt == entry.observedAt && $0.digest == entry.digest }
    }

    private func isBetween(_ entry: Entry, _ tail: Tail) -> Bool {
        entry.digest != tail.digest && tail.after.map { entry.observedAt >= $0 } ?? true
    }

    private mutating func materialise(_ tail: Tail) {
        tails.removeAll { $0.observedAt == tail.observedAt && $0.digest == tail.digest }
        Self.insert(tail, into: &entries)
    }

    static func insert(_ tail: Tail, into entries: inout [Entry]) {
        let place = entries.firstIndex { $0.observedAt >= tail.observedAt } ?? entries.endIndex
        entries.insert(tail.entry, at: place)
    }

    /// Equal observations become one.
    static func merged(_ entries: [Entry]) -> [Entry] {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count)
        // Where the entries of the current time stand, by digest; most times have one.
        var positions: [Digest?: Int] = [:]
        for index in entries.indices {
            let time = entries[index].observedAt
            let isTied = index > 0 && entries[index - 1].observedAt == time
            if !isTied { positions.removeAll(keepingCapacity: true) }
            if isTied, let equal = positions[entries[index].digest] {
                merged[equal].merge(entries[index])
                continue
            }
            if isTied || (index + 1 < entries.count && entries[index + 1].observedAt == time) {
                positions[entries[index].digest] = merged.count
            }
            merged.append(entries[index])
        }
        return merged
    }
}

extension Timeline.Entry {
    init(_ observation: Observation) {
        digest = observation.digest
        observedAt = observation.observedAt
        notBefore = observation.notBefore.map { min($0, observation.observedAt) }
        pushedAt = observation.pushedAt
        mediaType = observation.mediaType
        source = observation.source
    }

    init(_ row: Change) {
        digest = row.digest
        observedAt = row.observedAt
        notBefore = row.notBefore
        pushedAt = row.pushedAt
        mediaType = row.mediaType
        source = row.source
        stored =
            row.kind.isChange
            ? .init(previousDigest: row.previousDigest, kind: row.kind, platforms: row.platforms) : nil
    }

    /// An equal observation adds what is not known yet and never takes anything away.
    mutating func merge(_ other: Self) {
        notBefore = latest(notBefore, other.notBefore)
        pushedAt = pushedAt ?? other.pushedAt
        mediaType = mediaType ?? other.mediaType
        source = source.strongest(other.source)
        stored = stored ?? other.stored
    }
}

extension Change {
    /// A hidden row that only an image's own date tells of: no observation of the tag.
    public var isMereDate: Bool { kind == .same && source == .metadata }
}

/// The later of the two, or the one that is known.
func latest(_ first: Timestamp?, _ second: Timestamp?) -> Timestamp? {
    guard let first, let second else { return first ?? second }
    return max(first, second)
}
