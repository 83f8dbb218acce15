import OCI

/// A tag's observations in order, equal ones merged.
struct Timeline {
    struct Entry {
        let digest: Digest?
        let observedAt: Timestamp
        /// Until then the tag bore another digest.
        var notBefore: Timestamp?
        /// Until then the tag was missing: the `notBefore` of a return, which may be a return with another digest and
        /// then has both.
        var absentUntil: Timestamp?
        var pushedAt: Timestamp?
        var mediaType: MediaType?
        var source: Source
        /// The change that the row was when it was stored, to keep its kind.
        var storedChange: Change?
    }

    /// The last successful check where no row tells of it.
    struct Tail {
        let digest: Digest
        let mediaType: MediaType?
        let observedAt: Timestamp
        /// Where the row of its digest stood, to see what has come between.
        let after: Timestamp
    }

    private(set) var entries: [Entry] = []
    private(set) var tail: Tail?

    init(existing: [Change], lastSucceededAt: Timestamp?) {
        entries = existing.map(Entry.init)
        mergeEqual()
        guard let newest = existing.last(where: { $0.digest != nil }), let digest = newest.digest, let lastSucceededAt,
            lastSucceededAt > newest.observedAt
        else { return }
        tail = Tail(
            digest: digest, mediaType: newest.mediaType, observedAt: lastSucceededAt, after: newest.observedAt)
    }

    mutating func add(_ observations: [Observation]) {
        guard !observations.isEmpty else { return }
        let added = observations.map(Entry.init)
        if let tail {
            let known = Set(entries.filter { $0.observedAt == tail.after }.map(\.digest))
            let between = added.contains {
                $0.digest != tail.digest && $0.observedAt < tail.observedAt
                    && ($0.observedAt > tail.after || $0.observedAt == tail.after && !known.contains($0.digest))
            }
            if between { materialiseTail() }
        }
        // Stored rows come first, so a stable order keeps them before new ones of the same time.
        entries = (entries + added).enumerated()
            .sorted { ($0.element.observedAt, $0.offset) < ($1.element.observedAt, $1.offset) }
            .map(\.element)
        mergeEqual()
    }

    mutating func materialiseTail() {
        guard let tail else { return }
        self.tail = nil
        let observation = Observation(
            digest: tail.digest, observedAt: tail.observedAt, mediaType: tail.mediaType, source: .observed)
        let place = entries.firstIndex { $0.observedAt >= tail.observedAt } ?? entries.endIndex
        entries.insert(Entry(observation), at: place)
    }

    private mutating func mergeEqual() {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count)
        var positions: [Digest?: Int] = [:]
        for entry in entries {
            if let last = merged.last, last.observedAt != entry.observedAt {
                positions.removeAll(keepingCapacity: true)
            }
            if let equal = positions[entry.digest] {
                merged[equal].merge(entry)
            } else {
                positions[entry.digest] = merged.count
                merged.append(entry)
            }
        }
        entries = merged
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
        notBefore = row.kind == .returned ? nil : row.notBefore
        absentUntil = row.kind == .returned ? row.notBefore : nil
        pushedAt = row.pushedAt
        mediaType = row.mediaType
        source = row.source
        storedChange = row.kind.isChange ? row : nil
    }

    /// An equal observation adds what is not known yet and never takes anything away.
    mutating func merge(_ other: Self) {
        notBefore = latest(notBefore, other.notBefore)
        absentUntil = latest(absentUntil, other.absentUntil)
        pushedAt = pushedAt ?? other.pushedAt
        mediaType = mediaType ?? other.mediaType
        source = source.strongest(other.source)
        storedChange = storedChange ?? other.storedChange
    }
}

/// The later of the two, or the one that is known.
func latest(_ first: Timestamp?, _ second: Timestamp?) -> Timestamp? {
    guard let first, let second else { return first ?? second }
    return max(first, second)
}
