import Foundation
public import OCI

extension Statistics {
    /// Everything from one tag's rows: some tens of microseconds for a hundred updates.
    ///
    /// - Parameters:
    ///   - rows: the history oldest first, `first` included; hidden rows may be among them.
    ///   - firstSeenAt: nil where the tag was never seen.
    ///   - lastSucceededAt: the last successful check; a 404 is none.
    ///   - superseded: the repository has a newer tag of the same shape.
    ///   - asOf: what came later is left out.
    public init(
        changes rows: [Change], firstSeenAt: Timestamp?, lastSucceededAt: Timestamp?, superseded: Bool = false,
        asOf: Timestamp
    ) {
        guard let firstSeenAt, firstSeenAt <= asOf else {
            self.init(unseenAsOf: asOf)
            return
        }
        let known = rows[..<(rows.firstIndex { $0.observedAt > asOf } ?? rows.endIndex)]
        let lastSeen = Self.lastSuccess(known: known, of: rows, lastSucceededAt: lastSucceededAt, asOf: asOf)
        let counted = CountedRows(known, firstSeenAt: firstSeenAt)
        let evaluation = Evaluation(
            episodes: Episode.all(in: counted), firstSeen: firstSeenAt,
            lastSeen: max(lastSeen, firstSeenAt), now: asOf)
        self.init(
            evaluation, rows: counted, newest: Self.newest(in: known),
            superseded: superseded, asOf: asOf)
    }

    /// The last successful check as it was then: before what was seen next, and before a tag went missing.
    private static func lastSuccess(
        known: ArraySlice<Change>, of rows: [Change], lastSucceededAt: Timestamp?, asOf: Timestamp
    ) -> Timestamp {
        let state = known.last(where: \.kind.isShown)
        let before =
            if let state, state.kind == .missing {
                state.notBefore ?? state.observedAt
            } else {
                rows[known.endIndex...].first { $0.kind.isShown && $0.kind != .first }?.notBefore
            }
        return Evaluation.lastSuccess(
            lastSucceededAt, newestSeenAt: known.last { $0.digest != nil }?.observedAt, before: before, asOf: asOf)
    }

    /// The newest row that bears a digest; nil where that is a return.
    private static func newest(in rows: ArraySlice<Change>) -> Timestamp? {
        guard let newest = rows.last(where: { $0.kind.isShown && $0.digest != nil })?.observedAt else { return nil }
        let together = rows.reversed().prefix { $0.observedAt.roundedDown == newest.roundedDown || !$0.kind.isShown }
        return together.contains { $0.kind == .returned } ? nil : newest
    }

    private init(unseenAsOf asOf: Timestamp) {
        self.init(
            asOf: asOf, observedDays: 0, windowDays: 0, changes: 0, updates: 0, flaps: 0, reverts: 0,
            updatesInWindow: 0, changesWithin: ChangesWithin(), rate: Rate(), interval: Interval(),
            daysSinceLastUpdate: nil, aliveProbability: nil, dueWithin: DueWithin(), trend: Trend(),
            rhythm: .unseen)
    }

    private init(
        _ known: Evaluation, rows: CountedRows, newest: Timestamp?, superseded: Bool, asOf: Timestamp
    ) {
        var changes = 0
        var within = ChangesWithin()
        for index in rows.indices {
            changes += 1
            within.count(asOf.days(since: rows.rows[index].countedAt))
        }
        self.init(
            asOf: asOf, observedDays: known.observedDays, windowDays: max(0, known.exposureDays), changes: changes,
            updates: known.updates.count, flaps: known.flaps, reverts: known.reverts,
            updatesInWindow: known.inWindow.count, changesWithin: within, rate: known.rate,
            interval: known.interval, daysSinceLastUpdate: known.openDays, aliveProbability: known.life.alive,
            dueWithin: DueWithin(
                days7: known.life.due(within: 7), days14: known.life.due(within: 14),
                days30: known.life.due(within: 30)),
            trend: known.trend,
            rhythm: known.rhythm(changes: changes, newest: newest, superseded: superseded),
            daysSinceLastUpdateBetween: known.openDaysBetween, intervalUncertaintyDays: known.intervalUncertaintyDays)
    }
}

extension Statistics.ChangesWithin {
    fileprivate mutating func count(_ age: Double) {
        if age < 7 { days7 += 1 }
        if age < 30 { days30 += 1 }
        if age < 90 { days90 += 1 }
        if age < 365 { days365 += 1 }
    }
}
