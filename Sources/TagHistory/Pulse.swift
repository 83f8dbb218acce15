public import OCI

/// All of a history that a line of a list tells: a tag's pushes, and when nobody looked or nothing was there. It is kept
/// with the tag when that changes, so that a list reads no history; what depends on the time is computed from it.
///
/// Its times are whole seconds, and those of pushes before the newest one multiples of five minutes, rounded down, which is
/// how it is stored: spans that abut do so here too, and no push changes its day.
public struct Pulse: Hashable, Sendable {
    /// One push; see ``HistoryMark``.
    struct Push: Hashable, Sendable {
        var mark: HistoryMark
        /// The last observation of what was before, also where the time of the push is known.
        var notBefore: Timestamp?
    }

    /// What times of pushes before the newest one are multiples of.
    static let stepSeconds: Int64 = 300

    /// Oldest first.
    var pushes: [Push]
    /// How many changes count.
    public internal(set) var changes: Int
    /// Since when our own checks have known it, as far as rows tell.
    public internal(set) var ownSince: Timestamp?
    /// The newest row that is shown.
    public internal(set) var lastRowAt: Timestamp?
    /// The newest row with a digest.
    var newestSeenAt: Timestamp?
    /// Where the tag is missing: until when it may have been there.
    var missingSince: Timestamp?
    /// Spans of at least ``shortestGapDays`` in which something happened, nobody knows when. In order.
    public internal(set) var gaps: [Range<Timestamp>]
    /// From the first observation of its absence to that of its return; of the last one nil where it is missing still.
    public internal(set) var absences: [Absence]

    public struct Absence: Hashable, Sendable {
        public let from: Timestamp
        public let until: Timestamp?
    }

    /// Shorter spans without a look are too common to be told.
    public static let shortestGapDays = Episode.vagueDays

    /// - Parameters:
    ///   - history: oldest first; hidden rows are passed over.
    ///   - firstSeenAt: nil where the tag was never seen.
    public init(history: [Change], firstSeenAt: Timestamp?) {
        let counted = CountedRows(history, firstSeenAt: firstSeenAt)
        let episodes = HistoryMark.episodes(in: counted)
        pushes = episodes.enumerated().map { index, episode in
            Push(
                episode.0, notBefore: counted.rows[episode.1.lowerBound].notBefore,
                unit: index == episodes.count - 1 ? 1 : Self.stepSeconds)
        }
        changes = counted.indices.reduce(0) { count, _ in count + 1 }
        (gaps, absences) = ([], [])
        var gone: Timestamp?
        for index in history.indices where history[index].kind.isShown {
            let time = history[index].observedAt.roundedDown
            lastRowAt = time
            if history[index].kind != .first, history[index].believedPush == nil,
                let start = history[index].notBefore?.roundedDown,
                time.days(since: start) >= Self.shortestGapDays
            {
                gaps.append(start..<time)
            }
            if history[index].digest == nil {
                gone = gone ?? time
                missingSince = history[index].kind == .missing ? history[index].notBefore?.roundedDown ?? time : nil
            } else {
                if let start = gone { absences.append(Absence(from: start, until: time)) }
                (gone, missingSince, newestSeenAt) = (nil, nil, time)
            }
        }
        if let gone { absences.append(Absence(from: gone, until: nil)) }
        ownSince = Self.ownSince(history, firstSeenAt: firstSeenAt)?.roundedDown
    }

    /// Since when our own checks have known a tag, as far as rows tell; hidden ones are passed over. A check that found what
    /// an image's own word had told of left none, but nobody else saw the tag then.
    public static func ownSince(_ history: [Change], firstSeenAt: Timestamp?) -> Timestamp? {
        var first: Timestamp?
        var isToldByOthers = history.isEmpty
        var made: Timestamp?
        for index in history.indices where history[index].kind.isShown {
            switch history[index].source {
            case .observed: first = first ?? history[index].observedAt
            case .metadata: made = history[index].observedAt
            case .registry, .sibling, .imported: isToldByOthers = true
            }
        }
        guard !isToldByOthers, let firstSeenAt, made.map({ $0 < firstSeenAt }) ?? true else { return first }
        return first.map { min($0, firstSeenAt) } ?? firstSeenAt
    }

    /// Since when our own checks count. Those that find nothing new leave no row, so it is not later than a tag is tracked;
    /// and what came back by an import of our own export was watched.
    /// - Parameter own: see ``ownSince(_:firstSeenAt:)``.
    public static func watchedSince(tracked: Timestamp, own: Timestamp?) -> Timestamp { min(tracked, own ?? tracked) }

    /// The span of days without a look at whose end the newest digest was found; nil where that is known better.
    /// - Parameter lastChangedAt: of the tag.
    public func gap(before lastChangedAt: Timestamp?) -> Range<Timestamp>? {
        gaps.last { $0.upperBound == lastChangedAt?.roundedDown }
    }

    /// Oldest first.
    public var marks: [HistoryMark] { pushes.map(\.mark) }

    /// What a line of a list says of its rhythm.
    public struct Judgement: Hashable, Sendable {
        public let rhythm: Rhythm
        public let daysSinceLastUpdate: Double?
        /// See ``Statistics/daysSinceLastUpdateBetween``.
        public let daysSinceLastUpdateBetween: ClosedRange<Double>?
        /// The last update may be half as old as that, or less.
        public let isLastVague: Bool
    }

    /// A few of the figures that ``Statistics`` say, but for what a second changes in them.
    /// - Parameters:
    ///   - firstSeenAt: nil where the tag was never seen.
    ///   - lastSucceededAt: the last successful check; a 404 is none.
    public func judged(
        firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?, superseded: Bool = false, asOf time: Timestamp
    ) -> Judgement {
        guard let firstSeenAt = firstSeenAt?.roundedDown, firstSeenAt <= time else {
            return Judgement(
                rhythm: .unseen, daysSinceLastUpdate: nil, daysSinceLastUpdateBetween: nil, isLastVague: false)
        }
        // Another's clock may be ahead of ours.
        let time = max(time, lastRowAt ?? time)
        let last = Evaluation.lastSuccess(
            lastSucceededAt?.roundedDown, newestSeenAt: newestSeenAt, before: missingSince, asOf: time)
        let evaluation = Evaluation(
            episodes: episodes(firstSeenAt: firstSeenAt), firstSeen: firstSeenAt, lastSeen: max(last, firstSeenAt),
            now: time)
        return Judgement(
            rhythm: evaluation.rhythm(
                changes: changes, newest: absences.last?.until == newestSeenAt ? nil : newestSeenAt,
                superseded: superseded),
            daysSinceLastUpdate: evaluation.openDays, daysSinceLastUpdateBetween: evaluation.openDaysBetween,
            isLastVague: evaluation.isLastVague)
    }
}

extension Pulse {
    /// Of two times of the same five minutes the one is rounded down and the other may not be; what abuts must not overlap or
    /// leave a gap for that, in which nobody saw an update.
    private func episodes(firstSeenAt: Timestamp) -> [Episode] {
        pushes.indices.map { index in
            let (push, next) = (pushes[index], index + 1 < pushes.count ? pushes[index + 1].notBefore : nil)
            let end = push.mark.observedAt
            return Episode(
                push, begin: (push.notBefore ?? end).orLater(firstSeenAt),
                end: (next.map(end.orLater) ?? end).orLater(firstSeenAt), at: push.mark.at.orLater(firstSeenAt))
        }
    }
}

extension Episode {
    fileprivate init(_ push: Pulse.Push, begin: Timestamp, end: Timestamp, at: Timestamp) {
        self.init(
            outcome: push.mark.outcome, begin: begin, end: end,
            event: Double(at.microseconds), isExact: push.mark.notBefore == nil,
            countedAt: push.mark.notBefore == nil ? push.mark.at : push.mark.observedAt)
    }
}

extension Pulse.Push {
    /// - Parameters:
    ///   - mark: of one with a span the time is its middle, whatever it says.
    ///   - unit: seconds that times are rounded down to.
    init(_ mark: HistoryMark, notBefore: Timestamp?, unit: Int64 = 1) {
        self.mark = mark
        self.notBefore = notBefore?.roundedDown(to: unit)
        self.mark.observedAt = mark.observedAt.roundedDown(to: unit)
        self.mark.notBefore = mark.notBefore?.roundedDown(to: unit)
        self.mark.at =
            self.mark.notBefore.map { $0.middle(to: self.mark.observedAt) } ?? mark.at.roundedDown(to: unit)
    }
}

extension Timestamp {
    var roundedDown: Timestamp { roundedDown(to: 1) }

    /// - Parameter unit: in seconds.
    func roundedDown(to unit: Int64) -> Timestamp { Timestamp(seconds: whole(unit) * unit) }

    /// Since 1970, rounded down.
    var wholeSeconds: Int64 { whole(1) }

    /// The same of ``Pulse/stepSeconds``.
    var wholeSteps: Int64 { whole(Pulse.stepSeconds) }

    private func whole(_ unit: Int64) -> Int64 {
        let (count, rest) = microseconds.quotientAndRemainder(dividingBy: unit * 1_000_000)
        return count - (rest < 0 ? 1 : 0)
    }

    /// The other one, where this is what it is rounded down to.
    fileprivate func orLater(_ other: Timestamp) -> Timestamp {
        other > self && other.roundedDown(to: Pulse.stepSeconds) == self ? other : self
    }

    func middle(to other: Timestamp) -> Timestamp {
        Timestamp(microseconds: Int64((Double(microseconds) + Double(other.microseconds)) / 2))
    }
}
