import OCI

extension Timeline {
    /// Kinds, previous digests, reverts and spans, from the order of the observations.
    func derived(classify: (Digest, Digest) -> ChangeKind) -> History.Merged {
        var walk = Walk()
        walk.rows.reserveCapacity(entries.count)
        var tail = tail
        for entry in entries {
            if let reached = tail, reached.observedAt <= entry.observedAt {
                walk.pass(reached)
                tail = nil
            }
            walk.take(entry, classify: classify)
        }
        if let tail { walk.pass(tail) }
        return History.Merged(
            rows: walk.rows, lastSucceededAt: walk.lastSeenAt, digest: walk.digest, mediaType: walk.mediaType,
            isMissing: walk.missingAt != nil, lastMissingAt: walk.missingAt)
    }

    private struct Walk {
        var rows: [Change] = []
        var digest: Digest?
        var mediaType: MediaType?
        var lastSeenAt: Timestamp?
        /// The last observation that found the tag missing, until it returns.
        var missingAt: Timestamp?
        var borne: Set<Digest> = []

        /// A successful check without a row: it only extends what is known of its digest.
        mutating func pass(_ tail: Tail) {
            guard tail.digest == digest, missingAt == nil else { return }
            lastSeenAt = latest(lastSeenAt, tail.observedAt)
        }

        mutating func take(_ entry: Entry, classify: (Digest, Digest) -> ChangeKind) {
            guard let new = entry.digest else { return takeMissing(entry) }
            let bound = latest(entry.notBefore, entry.absentUntil)
            if digest == nil {
                append(entry, .first, notBefore: entry.notBefore)
            } else if digest == new, missingAt == nil {
                append(entry, .same, notBefore: informative(bound, lastSeenAt))
            } else if let missingAt {
                append(entry, .returned, notBefore: latest(bound, missingAt))
                if digest != new {
                    appendChange(entry, to: new, notBefore: latest(entry.notBefore, lastSeenAt), classify: classify)
                }
            } else {
                appendChange(entry, to: new, notBefore: latest(bound, lastSeenAt), classify: classify)
            }
            mediaType = entry.mediaType ?? (digest == new ? mediaType : nil)
            digest = new
            borne.insert(new)
            lastSeenAt = entry.observedAt
            missingAt = nil
        }

        private mutating func takeMissing(_ entry: Entry) {
            guard let digest else { return }
            if let missingAt {
                append(entry, .same, notBefore: informative(entry.notBefore, missingAt))
            } else {
                append(entry, .missing, previous: digest, notBefore: latest(entry.notBefore, lastSeenAt))
            }
            missingAt = entry.observedAt
        }

        /// A hidden row's bound matters only where it is later than the observation before, which bounds it anyway.
        private func informative(_ bound: Timestamp?, _ before: Timestamp?) -> Timestamp? {
            guard let bound, let before, bound > before else { return nil }
            return bound
        }

        private mutating func appendChange(
            _ entry: Entry, to new: Digest, notBefore: Timestamp?, classify: (Digest, Digest) -> ChangeKind
        ) {
            guard let previous = digest else { return }
            let stored = entry.storedChange.flatMap { $0.previousDigest == previous ? $0 : nil }
            append(
                entry, stored?.kind ?? classify(previous, new), previous: previous, notBefore: notBefore,
                reverted: borne.contains(new), platforms: stored?.platforms ?? [])
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
                    mediaType: entry.mediaType, platforms: platforms))
        }
    }
}
