import LibPQ
import OCI
import TagHistory

/// What a merge did.
struct MergeOutcome: Sendable {
    /// How many of the observations the histories grew by. What lies between two of them may be folded or unfolded for
    /// it, which is no news.
    var growth = 0
    /// Rows were written, if only in the place of others, or removed.
    var hasChanged = false
}

extension Connection {
    /// Merges observations into the histories of tags, in time order. The caller holds the tags' locks.
    /// - Parameters:
    ///   - tags: as they stand now; observations of others are left out.
    ///   - new: those that have no row yet.
    ///   - digestIDs: those that are known already.
    ///   - now: nil for as of each tag's newest observation.
    ///   - live: the observations are our own checks, which leave no row where they tell nothing new.
    func merge(
        _ observations: [Int32: [Observation]], into tags: [Int32: LockedTag], new: Set<Int32> = [],
        digestIDs: [Digest: Int32] = [:], at now: Timestamp? = nil, live: Bool = false
    ) async throws -> MergeOutcome {
        let ids = tags.keys.sorted()
        guard !ids.isEmpty else { return MergeOutcome() }
        let old = ids.filter { !new.contains($0) }
        let rows = old.isEmpty ? [] : try await run(SelectHistories(ids: old, includeSame: true)).rows.linked()
        let stored = Dictionary(grouping: rows, by: \.tagID)
        var merge = Merge(live: live, now: now)
        merge.knowledge = try await knowledge(of: observations.digests(beside: stored))
        for id in ids {
            guard let tag = tags[id], let observations = observations[id] else { continue }
            try merge.merge(observations, into: tag, stored: stored[id] ?? [])
        }
        let (newSummaries, summaries) = merge.summaries.partitioned { new.contains($0.id) }
        if let now, !new.isEmpty { try await insert(newSummaries, of: tags, at: now) }
        let digestIDs = try await digestIDs.merging(
            self.digestIDs(
                of: merge.inserted.compactMap { row in
                    row.change.digest.flatMap { digestIDs[$0] == nil ? ($0, row.change.mediaType) : nil }
                })
        ) { known, _ in known }
        if !merge.deleted.isEmpty { try await run(DeleteChanges(rows: merge.deleted)) }
        if !merge.inserted.isEmpty {
            let sets = try await platformSetIDs(of: Set(merge.inserted.map(\.change.platforms)))
            if merge.inserted.count < 1_000 {
                try await run(InsertChanges(rows: merge.inserted, digestIDs: digestIDs, setIDs: sets))
            } else {
                try await copyIn(merge.inserted, digestIDs: digestIDs, setIDs: sets)
            }
        }
        let (newUpdates, updates) = merge.updates.partitioned { new.contains($0.id) }
        if let now, !new.isEmpty {
            let firstSeenAt = Dictionary(newSummaries.map { ($0.id, $0.firstSeenAt) }) { $1 }.compactMapValues(\.self)
            try await run(
                InsertImportedChecks(updates: newUpdates, tags: tags, firstSeenAt: firstSeenAt, now: now))
        }
        if !updates.isEmpty {
            try await run(UpdateKnowledge(updates: updates))
            try await run(UpdateSummaries(summaries: summaries))
        }
        let rewritten = Set((merge.deleted + merge.inserted).map(\.tagID)).subtracting(new)
        if !rewritten.isEmpty { try await run(ForgetSchedules(ids: rewritten.sorted())) }
        let growth = merge.inserted.count - merge.deleted.count
        return MergeOutcome(
            growth: min(max(0, growth), observations.values.reduce(0) { $0 + $1.count }),
            hasChanged: !merge.inserted.isEmpty || !merge.deleted.isEmpty)
    }
}

/// What is to be written for merged histories: only the rows that differ.
private struct Merge {
    let live: Bool
    let now: Timestamp?
    var deleted: [ChangeRow] = []
    var inserted: [ChangeRow] = []
    var updates: [TagCheckUpdate] = []
    var summaries: [TagSummary] = []
    var knowledge = Knowledge()

    init(live: Bool, now: Timestamp?) {
        self.live = live
        self.now = now
    }

    mutating func merge(_ observations: [Observation], into tag: LockedTag, stored: [ChangeRow]) throws {
        let news = live ? observations.filter { !tag.state.covers($0, history: stored) } : observations
        let merged = History.merge(
            existing: stored.map(\.change), lastSucceededAt: tag.state.lastSucceededAt,
            lastMissingAt: tag.state.lastMissingAt, adding: news, classify: knowledge.classification)
        let rows = try merged.rows.numbered(tag: tag)
        let before = Dictionary(uniqueKeysWithValues: stored.map { ($0.place, $0) })
        let after = Dictionary(uniqueKeysWithValues: rows.map { ($0.place, $0) })
        deleted += stored.filter { row in after[row.place].map { !row.isStored(like: $0) } ?? true }
        inserted += rows.filter { row in before[row.place].map { !row.isStored(like: $0) } ?? true }
        let tagState: TagState =
            tag.failures > 0
            ? .failing : merged.isMissing ? .missing : merged.firstSeenAt == nil ? tag.tagState : .active
        updates.append(TagCheckUpdate(id: tag.id, tagState: tagState, state: merged.state, failures: tag.failures))
        summaries.append(
            TagSummary(
                id: tag.id, state: tagState, history: merged.shownRows, firstSeenAt: merged.firstSeenAt,
                lastSucceededAt: merged.lastSucceededAt,
                at: now ?? merged.lastSucceededAt ?? Timestamp(seconds: 0)))
    }
}

extension [Int32: [Observation]] {
    /// All that may become neighbours in a history.
    fileprivate func digests(beside stored: [Int32: [ChangeRow]]) -> Set<Digest> {
        var digests = Set(values.joined().compactMap(\.digest))
        for rows in stored.values { digests.formUnion(rows.compactMap(\.change.digest)) }
        return digests
    }
}

extension Decision.CurrentState {
    /// The newest row and the last check say already what this observation says.
    fileprivate func covers(_ observation: Observation, history: [ChangeRow]) -> Bool {
        guard let last = history.last(where: { $0.change.kind.isShown })?.change,
            last.observedAt <= observation.observedAt, isMissing == (observation.digest == nil)
        else { return false }
        return isMissing
            ? lastMissingAt.map { observation.observedAt <= $0 } ?? false
            : observation.digest == digest && lastSucceededAt.map { observation.observedAt <= $0 } ?? false
    }
}

extension ChangeRow {
    struct Place: Hashable {
        let observedAt: Timestamp
        let ordinal: Int16
    }

    var place: Place { Place(observedAt: change.observedAt, ordinal: ordinal) }

    /// Nothing differs of what a row of `changes` holds.
    func isStored(like other: ChangeRow) -> Bool {
        change.digest == other.change.digest && change.kind == other.change.kind
            && change.reverted == other.change.reverted && change.source == other.change.source
            && change.notBefore == other.change.notBefore && change.pushedAt == other.change.pushedAt
            && change.platforms == other.change.platforms
    }
}

extension [Change] {
    /// Rows of the same time get ordinals 0, 1, 2, … in their order, hidden ones -1 minus that: an index on the shown
    /// ones must not name the kind, or each rewriting of a kind would cost all indexes.
    func numbered(tag: LockedTag) throws -> [ChangeRow] {
        var ordinal: Int16 = 0
        return try indices.map { index in
            ordinal = index > 0 && self[index - 1].observedAt == self[index].observedAt ? ordinal + 1 : 0
            // Far more than life brings, but a file can hold anything.
            guard ordinal < .max else {
                throw StoreError.tooManyAtOnce(tag.reference, self[index].observedAt)
            }
            let isShown = self[index].kind.isShown
            return ChangeRow(tagID: tag.id, ordinal: isShown ? ordinal : -1 - ordinal, change: self[index])
        }
    }
}

/// Only ever in the transaction that writes what the rows are merged into.
struct DeleteChanges: Statement {
    typealias Row = Never
    let rows: [ChangeRow]
    static let sql: SQL = """
        DELETE FROM changes h USING unnest($1::integer[], $2::timestamptz[], $3::smallint[]) i (tag_id, at, ordinal)
        WHERE h.tag_id = i.tag_id AND h.observed_at = i.at AND h.ordinal = i.ordinal
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(rows.map(\.tagID))
        parameters.append(rows.map(\.change.observedAt))
        parameters.append(rows.map(\.ordinal))
    }
}

/// What a merge teaches of a tag's newest state; when it was checked and will be is not touched.
struct UpdateKnowledge: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    static let sql: SQL =
        """
        UPDATE tag_checks c SET digest_id = i.digest_id, digest_head = i.digest_head, is_missing = i.is_missing,
            last_succeeded_at = i.succeeded_at, last_missing_at = i.missing_at
        FROM (
            SELECT\u{20}
        """ + DigestHead.column + """
             AS digest_head, u.tag_id, d.id AS digest_id, u.is_missing, u.succeeded_at, u.missing_at
                FROM unnest($1::integer[], $2::bytea[], $3::boolean[], $4::timestamptz[], $5::timestamptz[])
                    u (tag_id, digest, is_missing, succeeded_at, missing_at)
                LEFT JOIN digests d ON d.digest = u.digest) i
            WHERE c.tag_id = i.tag_id AND (c.digest_id, c.digest_head, c.is_missing, c.last_succeeded_at, c.last_missing_at)
                IS DISTINCT FROM (i.digest_id, i.digest_head, i.is_missing, i.succeeded_at, i.missing_at)
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map(\.state.digest))
        parameters.append(updates.map(\.state.isMissing))
        parameters.append(updates.map(\.state.lastSucceededAt))
        parameters.append(updates.map(\.state.lastMissingAt))
    }
}

/// The schedule begins anew from a history that was rewritten, at the tag's next check.
struct ForgetSchedules: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = "UPDATE tag_checks SET rate = NULL WHERE tag_id = ANY ($1) AND rate IS NOT NULL"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}
