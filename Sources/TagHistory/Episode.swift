import OCI

/// Successive changes that belong to one push: a multi-platform image arrives piece by piece.
struct Episode {
    typealias Outcome = HistoryMark.Outcome

    /// Changes less than this apart belong together.
    static let gapSeconds = 6 * 3_600.0
    /// But for no longer: what never rests so long is pushed every day, and not once for ever. STATISTICS.md knows no such end.
    /// A change of other platforms that settles begins this time anew.
    static let longestChainSeconds = 24 * 3_600.0
    /// So long after an episode's first change, other platforms may still arrive.
    static let settlingSeconds = 48 * 3_600.0
    /// How wide the span of one must be, or its middle says well enough when it was.
    static let vagueDays = 3.0

    let outcome: Outcome
    /// The span of its first change, in microseconds since 1970. A Double holds those, and halves of them, exactly.
    let begin: Double
    let end: Double
    /// The push time of its first change where it is believed, else the middle of the span.
    let event: Double
    /// Nobody knows when it was, but that it was within some days. By whole seconds, as pulses have them.
    let isVague: Bool
    /// When its first change counts.
    let countedAt: Timestamp

    /// How long before or after `event` it may have been, in microseconds, where that is days.
    var vagueness: Double { isVague ? (end - begin) / 2 : 0 }

    /// - Parameter isExact: the event's time is known, and not the middle of the span.
    init(outcome: Outcome, begin: Timestamp, end: Timestamp, event: Double, isExact: Bool, countedAt: Timestamp) {
        self.outcome = outcome
        self.begin = Double(begin.microseconds)
        self.end = Double(end.microseconds)
        self.event = event
        self.countedAt = countedAt
        isVague = !isExact && end.roundedDown.days(since: begin.roundedDown) >= Self.vagueDays
    }

    private init(_ first: Change, outcome: Outcome) {
        let (push, end) = (first.believedPush, first.observedAt)
        let begin = first.notBefore ?? end
        self.init(
            outcome: outcome, begin: begin, end: end,
            event: push.map { Double($0.microseconds) } ?? (Double(begin.microseconds) + Double(end.microseconds)) / 2,
            isExact: push != nil, countedAt: first.countedAt)
    }

    /// - Parameter counted: all but changes are passed over.
    static func all(in counted: CountedRows) -> [Episode] {
        let rows = counted.rows
        var episodes: [Episode] = []
        episodes.reserveCapacity(rows.count)
        var ends: Set<Digest> = []
        ends.reserveCapacity(rows.count)
        if let first = rows.first(where: { $0.kind == .first || $0.kind.isChange }),
            let digest = first.kind == .first ? first.digest : first.previousDigest
        {
            ends.insert(digest)
        }
        // Rows are looked at in place: a copy of one costs more than all that is done with it.
        var open: Builder?
        for index in counted.indices {
            if open?.take(index, of: rows) == true { continue }
            if let open { episodes.append(Episode(open, of: rows, &ends)) }
            open = Builder(index, of: rows)
        }
        if let open { episodes.append(Episode(open, of: rows, &ends)) }
        return episodes
    }

    private init(_ builder: Builder, of rows: ArraySlice<Change>, _ ends: inout Set<Digest>) {
        let digest = rows[builder.last].digest
        let isNew = digest.map { ends.insert($0).inserted } ?? true
        let outcome: Outcome =
            if digest == rows[builder.first].previousDigest {
                .flap
            } else if !isNew {
                .revert
            } else {
                builder.isRebuild ? .update : .other
            }
        self.init(rows[builder.first], outcome: outcome)
    }
}

extension Episode {
    private struct Builder {
        let first: Int
        var last: Int
        /// Where the last changes that follow each other closely began.
        var chain: Int
        var isRebuild = false
        /// What its rows before `unread` touched; filled where somebody asks, because most episodes are of one change.
        var touched: Set<Platform> = []
        var unread: Int
        /// Every rebuild in it says which platforms it touched.
        var isKnown = true

        init(_ index: Int, of rows: ArraySlice<Change>) {
            first = index
            last = index
            chain = index
            unread = index
            note(index, of: rows)
        }

        mutating func take(_ index: Int, of rows: ArraySlice<Change>) -> Bool {
            let time = rows[index].observedAt
            let isNear =
                time.seconds(since: rows[last].observedAt) < Episode.gapSeconds
                && time.seconds(since: rows[chain].observedAt) < Episode.longestChainSeconds
            if !isNear {
                let mayJoin = time.seconds(since: rows[first].observedAt) <= Episode.settlingSeconds
                guard mayJoin, settles(index, of: rows) else { return false }
                chain = index
            }
            last = index
            note(index, of: rows)
            return true
        }

        /// A change of platforms that the episode has not touched yet, all of them.
        private mutating func settles(_ index: Int, of rows: ArraySlice<Change>) -> Bool {
            guard isKnown, !rows[index].platforms.isEmpty else { return false }
            for index in unread..<index where rows[index].kind.isChange { touched.formUnion(rows[index].platforms) }
            unread = index
            return !touched.isEmpty && touched.isDisjoint(with: rows[index].platforms)
        }

        private mutating func note(_ index: Int, of rows: ArraySlice<Change>) {
            let kind = rows[index].kind
            isRebuild = isRebuild || kind == .rebuild
            isKnown = isKnown && (kind == .metadata || !rows[index].platforms.isEmpty)
        }
    }
}
