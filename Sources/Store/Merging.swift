import LibPQ
import OCI
import TagHistory

extension Connection {
    /// Merges observations into tags' histories, in time order, under the tags' locks.
    /// - Returns: how many rows the histories grew by.
    @discardableResult
    func merge(_ observations: [Int32: [Observation]], at now: Timestamp? = nil) async throws -> Int {
        let ids = observations.keys.sorted()
        guard !ids.isEmpty else { return 0 }
        let tags = try await run(LockTags(ids: ids)).rows
        let existing = Dictionary(
            grouping: try await run(SelectHistories(ids: ids, includeSame: true)).rows, by: \.tagID)
        let digestIDs = try await digestIDs(
            of: observations.values.joined().compactMap { item in item.digest.map { ($0, item.mediaType) } }
                + existing.values.joined().compactMap { row in row.change.digest.map { ($0, row.change.mediaType) } })
        var rewritten: [Int32] = []
        var rows: [ChangeRow] = []
        var updates: [TagCheckUpdate] = []
        var summaries: [TagSummary] = []
        var growth = 0
        for tag in tags {
            let before = existing[tag.id]?.map(\.change) ?? []
            let merged = History.merge(
                existing: before, lastSucceededAt: tag.state.lastSucceededAt, adding: observations[tag.id] ?? [])
            if !before.isEmpty { rewritten.append(tag.id) }
            rows += merged.rows.numbered(tagID: tag.id)
            growth += merged.rows.count - before.count
            var state = merged.state
            if let missing = tag.state.lastMissingAt, state.isMissing {
                state.lastMissingAt = max(missing, state.lastMissingAt ?? missing)
            }
            let tagState: TagState =
                tag.failures > 0 ? .failing : state.isMissing ? .missing : state.everSeen ? .active : .pending
            updates.append(
                TagCheckUpdate(id: tag.id, tagState: tagState, state: state, failures: tag.failures))
            summaries.append(
                TagSummary(
                    id: tag.id, history: merged.shownRows, lastSucceededAt: merged.lastSucceededAt,
                    at: now ?? merged.lastSucceededAt ?? Timestamp(seconds: 0)))
        }
        try await run(DeleteHistories(ids: rewritten))
        try await run(InsertChanges(rows: rows, digestIDs: digestIDs))
        try await run(UpdateKnowledge(updates: updates))
        try await run(UpdateStates(updates: updates))
        try await run(UpdateSummaries(summaries: summaries))
        return growth
    }
}

extension [Change] {
    /// Rows of the same time get ordinals 0, 1, 2, … in their order.
    func numbered(tagID: Int32) -> [ChangeRow] {
        var ordinal: Int16 = 0
        return indices.map { index in
            ordinal = index > 0 && self[index - 1].observedAt == self[index].observedAt ? ordinal + 1 : 0
            return ChangeRow(tagID: tagID, ordinal: ordinal, change: self[index])
        }
    }
}

/// Only ever in the transaction that writes the merged rows in their place.
struct DeleteHistories: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = "DELETE FROM changes WHERE tag_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}

/// What a merge teaches of a tag's newest state; when it was checked and will be is not touched.
struct UpdateKnowledge: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    static let sql: SQL = """
        UPDATE tag_checks c SET digest_id = d.id, is_missing = i.is_missing, last_succeeded_at = i.succeeded_at,
            last_missing_at = i.missing_at
        FROM unnest($1::integer[], $2::bytea[], $3::boolean[], $4::timestamptz[], $5::timestamptz[])
            i (tag_id, digest, is_missing, succeeded_at, missing_at)
        LEFT JOIN digests d ON d.digest = i.digest
        WHERE c.tag_id = i.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map(\.state.digest))
        parameters.append(updates.map(\.state.isMissing))
        parameters.append(updates.map(\.state.lastSucceededAt))
        parameters.append(updates.map(\.state.lastMissingAt))
    }
}
