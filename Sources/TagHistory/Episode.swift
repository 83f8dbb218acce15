import OCI

/// Successive changes that belong to one push: a multi-platform image arrives piece by piece.
struct Episode {
    enum Outcome {
        case update
        /// It ended at the digest that it began with.
        case flap
        /// It ended at a digest that the first sighting or an earlier episode ended with.
        case revert
        /// Nothing in it was a rebuild.
        case other
    }

    /// Changes less than this apart belong together.
    static let gapSeconds = 6 * 3_600.0
    /// So long after an episode's first change, other platforms may still arrive.
    static let settlingSeconds = 48 * 3_600.0

    let outcome: Outcome
    /// Its span and its times are those of its first change.
    let first: Change

    /// The span's begin in microseconds since 1970. A Double holds those, and halves of them, exactly.
    var begin: Double { Double((first.notBefore ?? first.observedAt).microseconds) }
    var end: Double { Double(first.observedAt.microseconds) }
    /// The push time where it is believed, else the middle of the span.
    var event: Double {
        first.believedPush.map { Double($0.microseconds) } ?? (begin + end) / 2
    }

    /// - Parameter rows: oldest first; all but changes are passed over.
    static func all(in rows: some Collection<Change>) -> [Episode] {
        var episodes: [Episode] = []
        var open: Builder?
        var ends: Set<Digest> = []
        if let first = rows.first(where: { $0.kind == .first || $0.kind.isChange }),
            let digest = first.kind == .first ? first.digest : first.previousDigest
        {
            ends.insert(digest)
        }
        for row in rows where row.kind.isChange {
            if open?.take(row) == true { continue }
            if let open { episodes.append(open.closed(&ends)) }
            open = Builder(row)
        }
        if let open { episodes.append(open.closed(&ends)) }
        return episodes
    }

    private struct Builder {
        let first: Change
        var last: Change
        var isRebuild: Bool
        var touched: Set<Platform>
        /// Every rebuild in it says which platforms it touched.
        var isKnown: Bool

        init(_ change: Change) {
            first = change
            last = change
            isRebuild = false
            touched = []
            isKnown = true
            note(change)
        }

        mutating func take(_ change: Change) -> Bool {
            let isNear = change.observedAt.seconds(since: last.observedAt) < Episode.gapSeconds
            let mayJoin = change.observedAt.seconds(since: first.observedAt) <= Episode.settlingSeconds
            guard isNear || (mayJoin && settles(change)) else { return false }
            last = change
            note(change)
            return true
        }

        /// The change brings platforms that the episode has not brought yet, and no other.
        private func settles(_ change: Change) -> Bool {
            isKnown && !touched.isEmpty && !change.platforms.isEmpty && touched.isDisjoint(with: change.platforms)
        }

        private mutating func note(_ change: Change) {
            isRebuild = isRebuild || change.kind == .rebuild
            isKnown = isKnown && (change.kind == .metadata || !change.platforms.isEmpty)
            if !change.platforms.isEmpty { touched.formUnion(change.platforms) }
        }

        func closed(_ ends: inout Set<Digest>) -> Episode {
            guard let end = last.digest else { return Episode(outcome: .other, first: first) }
            let isNew = ends.insert(end).inserted
            let outcome: Outcome =
                if end == first.previousDigest { .flap } else if !isNew { .revert } else if isRebuild { .update } else {
                    .other
                }
            return Episode(outcome: outcome, first: first)
        }
    }
}
