import OCI

extension Timeline {
    /// Kinds, previous digests, reverts and spans, from the order of the observations.
    func derived(classify: (Digest, Digest) -> Classification?) -> History.Merged {
        var walk = Walk(mediaTypes: mediaTypes)
        walk.rows.reserveCapacity(entries.count)
        var tails = tails[...]
        for (entry, isUnproved) in zip(entries, areUnproved) {
            while let tail = tails.first, tail.observedAt <= entry.observedAt {
                walk.pass(tail)
                tails.removeFirst()
            }
            isUnproved ? walk.keep(entry) : walk.take(entry, classify: classify)
        }
        tails.forEach { walk.pass($0) }
        return History.Merged(
            rows: Self.folded(walk.rows), lastSucceededAt: walk.lastSeenAt, digest: walk.digest,
            mediaType: walk.digest.flatMap { walk.mediaTypes[$0] },
            isMissing: walk.digest != nil && walk.missingAt != nil, lastMissingAt: walk.missingAt)
    }

    /// An image's own date is a time at which the tag bore it only where the next observation found just that. Nor does an
    /// image tell when a tag was gone.
    private var areUnproved: [Bool] {
        var next: Timeline.Entry?
        let reversed = entries.reversed().map { entry in
            guard entry.source == .metadata else {
                next = entry
                return false
            }
            return entry.digest == nil || next?.digest != entry.digest
        }
        return reversed.reversed()
    }

    /// A media type is the digest's, whichever observation told it: the first one that did.
    private var mediaTypes: [Digest: MediaType] {
        var types: [Digest: MediaType] = [:]
        for entry in entries {
            if let digest = entry.digest, let type = entry.mediaType, types[digest] == nil { types[digest] = type }
        }
        return types
    }

    private struct Walk {
        var rows: [Change] = []
        let mediaTypes: [Digest: MediaType]
        var digest: Digest?
        /// An image's own date is no observation, here and in what follows.
        var lastSeenAt: Timestamp?
        /// The last observation, whatever it found.
        var observedAt: Timestamp?
        /// The last observation that found the tag missing, until it returns or is seen for the first time.
        var missingAt: Timestamp?
        /// What the `missing` row says of the last time before it: a bound, which is no observation.
        var missingAfter: Timestamp?
        var borne: Set<Digest> = []

        init(mediaTypes: [Digest: MediaType]) { self.mediaTypes = mediaTypes }

        /// A check without a row only extends what is known.
        mutating func pass(_ tail: Tail) {
            observedAt = latest(observedAt, tail.observedAt)
            if tail.digest == nil {
                if missingAt != nil || digest == nil { missingAt = latest(missingAt, tail.observedAt) }
            } else if tail.digest == digest, missingAt == nil {
                lastSeenAt = latest(lastSeenAt, tail.observedAt)
            }
        }

        /// As a hidden row: what comes later may prove it.
        mutating func keep(_ entry: Entry) { append(entry, .same, notBefore: informative(entry.notBefore)) }

        mutating func take(_ entry: Entry, classify: (Digest, Digest) -> Classification?) {
            defer { if entry.source != .metadata { observedAt = entry.observedAt } }
            guard let new = entry.digest else { return takeMissing(entry) }
            if digest == nil {
                append(entry, .first, notBefore: latest(entry.notBefore, missingAt))
            } else if digest == new, missingAt == nil {
                append(entry, .same, notBefore: informative(entry.notBefore))
            } else if let missingAt {
                append(entry, .returned, notBefore: latest(entry.notBefore, missingAt))
                // The old digest was last seen before it went missing, whatever the return's own bound.
                if digest != new { appendChange(entry, to: new, notBefore: missingAfter, classify: classify) }
            } else {
                appendChange(entry, to: new, notBefore: latest(entry.notBefore, lastSeenAt), classify: classify)
            }
            digest = new
            borne.insert(new)
            if entry.source != .metadata { lastSeenAt = entry.observedAt }
            missingAt = nil
        }

        private mutating func takeMissing(_ entry: Entry) {
            if digest == nil || missingAt != nil {
                // Before the first sighting it tells only since when that may have been.
                append(entry, .same, notBefore: informative(entry.notBefore))
            } else {
                missingAfter = latest(entry.notBefore, lastSeenAt)
                append(entry, .missing, previous: digest, notBefore: missingAfter)
            }
            missingAt = entry.observedAt
        }

        /// A hidden row's bound matters only where it is later than the observation before, which bounds it anyway.
        private func informative(_ bound: Timestamp?) -> Timestamp? {
            guard let observedAt else { return bound }
            return bound.flatMap { $0 > observedAt ? $0 : nil }
        }

        private mutating func appendChange(
            _ entry: Entry, to new: Digest, notBefore: Timestamp?, classify: (Digest, Digest) -> Classification?
        ) {
            guard let previous = digest else { return }
            let stored = entry.stored.flatMap { $0.previousDigest == previous && $0.isTelling ? $0 : nil }
            let known = stored == nil ? classify(previous, new) : nil
            append(
                entry, stored?.kind ?? known?.kind ?? .rebuild, previous: previous, notBefore: notBefore,
                reverted: borne.contains(new), platforms: stored?.platforms ?? known?.platforms ?? [])
        }

        private mutating func append(
            _ entry: Entry, _ kind: ChangeKind, previous: Digest? = nil, notBefore: Timestamp?,
            reverted: Bool = false, platforms: [Platform] = []
        ) {
            rows.append(
                Change(
                    digest: entry.digest, previousDigest: previous, kind: kind, reverted: reverted,
                    source: entry.source, observedAt: entry.observedAt,
                    notBefore: notBefore.map { min($0, entry.observedAt) }, pushedAt: entry.pushedAt,
                    mediaType: entry.digest.flatMap { mediaTypes[$0] }, platforms: platforms))
        }
    }
}
