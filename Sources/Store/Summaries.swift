import LibPQ
import OCI
import TagHistory

/// The columns of a tag that lists show and sort by; kept when a tag changes, not when somebody looks.
struct TagSummary: Sendable {
    let id: Int32
    let firstSeenAt: Timestamp?
    let lastChangedAt: Timestamp?
    let lastPushedAt: Timestamp?
    let changes: Int32
    let changes30d: Int32
    let intervalDays: Float?

    /// - Parameter history: shown rows, oldest first.
    init(id: Int32, history: [Change], lastSucceededAt: Timestamp?, at now: Timestamp) {
        self.id = id
        let changes = history.filter(\.kind.isChange)
        firstSeenAt = history.first?.observedAt
        lastChangedAt = changes.last?.observedAt
        lastPushedAt = history.last { $0.digest != nil }?.pushedAt
        self.changes = Int32(changes.count)
        let monthAgo = now.advanced(bySeconds: -30 * 86_400)
        changes30d = Int32(changes.count { $0.countedAt > monthAgo })
        intervalDays =
            changes.isEmpty
            ? nil
            : Statistics(
                changes: history, firstSeenAt: firstSeenAt, lastSucceededAt: lastSucceededAt, asOf: now
            ).interval.meanDays.map(Float.init)
    }
}

extension Connection {
    /// After live checks: a first sighting is summed up from its one row, anything else from the tag's history.
    func refreshSummaries(rows: [ChangeRow], tags: [Int32: LockedTag]) async throws {
        let (first, later) = (rows.filter { $0.change.kind == .first }, rows.filter { $0.change.kind != .first })
        guard let now = rows.map(\.change.observedAt).max() else { return }
        var summaries = first.map {
            TagSummary(id: $0.tagID, history: [$0.change], lastSucceededAt: $0.change.observedAt, at: now)
        }
        let ids = Set(later.map(\.tagID)).sorted()
        if !ids.isEmpty {
            let histories = Dictionary(
                grouping: try await run(SelectHistories(ids: ids, includeSame: false)).rows, by: \.tagID)
            summaries += ids.map { id in
                TagSummary(id: id, history: histories[id]?.map(\.change) ?? [], lastSucceededAt: now, at: now)
            }
        }
        try await run(UpdateSummaries(summaries: summaries))
    }
}

struct UpdateSummaries: Statement {
    typealias Row = Never
    let summaries: [TagSummary]
    static let sql: SQL = """
        UPDATE tags t SET first_seen_at = i.first_seen_at, last_changed_at = i.last_changed_at,
            last_pushed_at = i.last_pushed_at, changes = i.changes, changes_30d = i.changes_30d,
            interval_days = i.interval_days
        FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::integer[],
            $6::integer[], $7::real[])
            i (tag_id, first_seen_at, last_changed_at, last_pushed_at, changes, changes_30d, interval_days)
        WHERE t.id = i.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(summaries.map(\.id))
        parameters.append(summaries.map(\.firstSeenAt))
        parameters.append(summaries.map(\.lastChangedAt))
        parameters.append(summaries.map(\.lastPushedAt))
        parameters.append(summaries.map(\.changes))
        parameters.append(summaries.map(\.changes30d))
        parameters.append(summaries.map(\.intervalDays))
    }
}
