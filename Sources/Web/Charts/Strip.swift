import OCI
import TagHistory

/// One tag's history on an axis of time, ready to be drawn or read out: what is closer than a mark's width is one mark.
struct Strip: Hashable, Sendable {
    struct Mark: Hashable, Sendable {
        /// The earliest and the latest of what it stands for.
        var start: Timestamp
        var end: Timestamp
        /// How many updates, or how many pushes that were none.
        var count: Int
        let isUpdate: Bool
        /// Seen by our own checks; else told, concluded or imported.
        let isOwn: Bool
        /// Where all of it is known from; nil where that differs.
        var source: Source?
        /// The span of the only push that it stands for, where that is longer than a day.
        var span: ClosedRange<Timestamp>?
    }

    struct Stretch: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            /// Nobody looked.
            case unobserved
            /// Known from others alone.
            case told
            /// Seen by our own checks.
            case watched
            /// The registry had no such tag.
            case missing
        }

        let kind: Kind
        let start: Timestamp
        let end: Timestamp
        /// Whether our own checks tell so.
        var isOwn = true
    }

    let axis: StripAxis
    /// The ground, from left to right; missing times lie on it.
    private(set) var stretches: [Stretch] = []
    private(set) var marks: [Mark] = []
    /// Where it lies on the axis.
    private(set) var firstSeenAt: Timestamp?
    /// Updates on this axis, and pushes that were none.
    private(set) var updates = 0
    private(set) var others = 0
    /// How many of the updates were not seen by our own checks.
    private(set) var toldUpdates = 0

    /// Whether it shows a time in which the registry had no such tag.
    var hasAbsence: Bool { stretches.contains { $0.kind == .missing } }

    /// A mark's width in pixels; closer ones are one.
    static let markWidth = 3.0
    /// A mark of many stands for no more than this many pixels.
    private static let longestMark = 30.0
    /// - Parameters:
    ///   - history: oldest first; hidden rows may be among it.
    ///   - firstSeenAt: nil where the tag was never seen.
    ///   - trackedSince: since when we check it.
    init(
        history: [Change], firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?, trackedSince: Timestamp,
        now: Timestamp, axis: StripAxis
    ) {
        self.init(
            Pulse(history: history.filter { $0.observedAt <= now }, firstSeenAt: firstSeenAt),
            firstSeenAt: firstSeenAt, lastSucceededAt: lastSucceededAt, trackedSince: trackedSince, axis: axis)
    }

    init(
        _ pulse: Pulse, firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?, trackedSince: Timestamp, axis: StripAxis
    ) {
        self.axis = axis
        self.firstSeenAt = firstSeenAt.flatMap { axis.contains($0) ? $0 : nil }
        mark(pulse.marks)
        ground(
            pulse, firstSeenAt: firstSeenAt, lastSucceededAt: lastSucceededAt,
            own: Pulse.watchedSince(tracked: trackedSince, own: pulse.ownSince))
    }

    private mutating func mark(_ pushes: [HistoryMark]) {
        // Each sort is merged by itself, so that no mark is half of one and half of another.
        var open: [Int: Mark] = [:]
        for push in pushes.sorted(by: { $0.at < $1.at }) where axis.contains(push.at) {
            let (isUpdate, isOwn) = (push.outcome == .update, push.source == .observed)
            if isUpdate { updates += 1 } else { others += 1 }
            if isUpdate, !isOwn { toldUpdates += 1 }
            let key = (isUpdate ? 2 : 0) + (isOwn ? 1 : 0)
            if var mark = open[key], isNear(push.at, mark) {
                mark.end = push.at
                mark.count += 1
                mark.source = mark.source == push.source ? mark.source : nil
                mark.span = nil
                open[key] = mark
                continue
            }
            if let mark = open[key] { marks.append(mark) }
            open[key] = Mark(
                start: push.at, end: push.at, count: 1, isUpdate: isUpdate, isOwn: isOwn, source: push.source,
                span: push.notBefore.flatMap { push.observedAt.days(since: $0) > 1 ? $0...push.observedAt : nil })
        }
        marks += open.values
        marks.sort {
            ($0.start, $0.isUpdate ? 1 : 0, $0.isOwn ? 1 : 0) < ($1.start, $1.isUpdate ? 1 : 0, $1.isOwn ? 1 : 0)
        }
    }

    /// Whether a mark is wide because it stands for many updates that others saw.
    func isOfManyTold(_ mark: Mark) -> Bool {
        mark.isUpdate && !mark.isOwn && axis.pixels(mark.end.days(since: mark.start)) > 2 * Self.markWidth
    }

    private func isNear(_ time: Timestamp, _ mark: Mark) -> Bool {
        axis.pixels(time.days(since: mark.end)) < Self.markWidth
            && axis.pixels(time.days(since: mark.start)) < Self.longestMark
    }
}

extension Strip {
    private mutating func ground(
        _ pulse: Pulse, firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?, own: Timestamp
    ) {
        guard let firstSeenAt else {
            stretches = [Stretch(kind: .unobserved, start: axis.start, end: axis.end)]
            return
        }
        let lastSeen = max(firstSeenAt, lastSucceededAt ?? pulse.lastRowAt ?? firstSeenAt)
        let since = min(max(own, firstSeenAt), lastSeen)
        add(.unobserved, axis.start, firstSeenAt)
        add(.told, firstSeenAt, since)
        add(.watched, since, isGap(lastSeen, axis.end) ? lastSeen : axis.end)
        for gap in pulse.gaps where isGap(gap.lowerBound, gap.upperBound) {
            add(.unobserved, gap.lowerBound, gap.upperBound)
        }
        if isGap(lastSeen, axis.end) { add(.unobserved, lastSeen, axis.end) }
        for absence in pulse.absences {
            add(.missing, absence.from, absence.until ?? axis.end, isOwn: absence.from >= own)
        }
    }

    private func isGap(_ start: Timestamp, _ end: Timestamp) -> Bool {
        let days = end.days(since: start)
        return days >= Pulse.shortestGapDays && axis.pixels(days) >= Self.markWidth
    }

    /// Only what lies on the axis; gaps that touch become one.
    private mutating func add(_ kind: Stretch.Kind, _ start: Timestamp, _ end: Timestamp, isOwn: Bool = true) {
        let (start, end) = (max(start, axis.start), min(end, axis.end))
        guard start < end else { return }
        if let last = stretches.last, last.kind == kind, last.isOwn == isOwn,
            axis.pixels(start.days(since: last.end)) < 1
        {
            stretches[stretches.count - 1] = Stretch(
                kind: kind, start: last.start, end: max(end, last.end), isOwn: isOwn)
        } else {
            stretches.append(Stretch(kind: kind, start: start, end: end, isOwn: isOwn))
        }
    }
}
