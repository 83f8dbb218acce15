import LibPQ
import OCI
import TagHistory

extension TagStore {
    /// Says of the changes next to some digests, and to the indexes that hold them, what they were as far as is known
    /// now. Under the tags' locks, some tags at a time: a digest may be borne by thousands.
    func classifyChanges(around digests: [Digest], at now: Timestamp) async throws {
        let digests = Set(try await pool.run(SelectHolders(digests: digests)).rows)
        var last = Int32.min
        while true {
            let ids = try await pool.transactionByKeys { [last] in
                try await $0.run(SelectBearers(digests: digests.sorted(), after: last, limit: 100)).rows
            }
            guard let end = ids.last else { return }
            try await pool.retryingTransaction { try await $0.classifyChanges(of: ids, around: digests, at: now) }
            last = end
        }
    }
}

extension Connection {
    fileprivate func classifyChanges(of ids: [Int32], around digests: Set<Digest>, at now: Timestamp) async throws {
        let tags = try await locked(ids)
        let histories = Dictionary(
            grouping: try await run(SelectHistories(ids: ids, includeSame: false)).rows.linked(), by: \.tagID)
        let concerned = histories.values.joined().filter { row in
            row.change.kind.isChange
                && [row.change.digest, row.change.previousDigest].contains { $0.map(digests.contains) ?? false }
        }
        let pairs = concerned.flatMap { [$0.change.digest, $0.change.previousDigest].compactMap(\.self) }
        let knowledge = try await knowledge(of: Set(pairs))
        var different: [ChangeRow] = []
        var wanted: [WantedContent] = []
        for row in concerned {
            let found = knowledge.classification(from: row.change.previousDigest, to: row.change.digest)
            guard let found else { continue }
            wanted += knowledge.wanted(by: found).map {
                WantedContent(
                    digest: $0, tagID: row.tagID, nextAt: now.advanced(bySeconds: -WantedContent.headStart),
                    isPart: true)
            }
            guard found.kind != row.change.kind || found.platforms != row.change.platforms else { continue }
            var row = row
            (row.change.kind, row.change.platforms) = (found.kind, found.platforms)
            different.append(row)
        }
        try await write(different, histories: histories, tags: tags, at: now)
        if !wanted.isEmpty { try await run(QueueContents(wanted: wanted)) }
        if !different.isEmpty { try await run(Notify(signal: .changes)) }
    }

    private func write(
        _ rows: [ChangeRow], histories: [Int32: [ChangeRow]], tags: [Int32: LockedTag], at now: Timestamp
    ) async throws {
        guard !rows.isEmpty else { return }
        let sets = try await platformSetIDs(of: Set(rows.map(\.change.platforms)))
        try await run(UpdateClassifications(rows: rows, setIDs: sets))
        let new = Dictionary(grouping: rows, by: \.tagID)
        try await run(
            UpdateSummaries(
                summaries: new.compactMap { id, rows in
                    guard let tag = tags[id], var history = histories[id] else { return nil }
                    let places = Dictionary(rows.map { ($0.place, $0) }, uniquingKeysWith: { $1 })
                    history = history.map { places[$0.place] ?? $0 }
                    return TagSummary(
                        id: id, history: history.map(\.change), firstSeenAt: tag.firstSeenAt,
                        lastSucceededAt: tag.state.lastSucceededAt, at: now)
                }))
    }
}

/// The digests themselves and the indexes that hold them.
struct SelectHolders: Statement {
    let digests: [Digest]
    static let sql: SQL =
        "SELECT d.digest FROM " + DigestRows.named + " UNION SELECT x.digest FROM " + DigestRows.named + """
             JOIN digest_platforms dp ON dp.manifest_id = d.id JOIN digests x ON x.id = dp.index_id
            """
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Digest { try row.next() }
}

/// Tags that bore one of the digests and have any change to speak of.
struct SelectBearers: Statement {
    let digests: [Digest]
    let after: Int32
    let limit: Int
    static let sql: SQL =
        "SELECT DISTINCT h.tag_id FROM " + DigestRows.named + """
             JOIN changes h ON h.digest_id = d.id
            WHERE h.tag_id > $2
                AND EXISTS (SELECT FROM changes o WHERE o.tag_id = h.tag_id AND o.what & 15 IN (2, 3, 4, 5))
            ORDER BY h.tag_id LIMIT $3
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(digests)
        parameters.append(after)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

struct UpdateClassifications: Statement {
    typealias Row = Never
    let rows: [ChangeRow]
    let setIDs: [[Platform]: Int32]
    static let sql: SQL = """
        UPDATE changes h SET what = h.what & ~15::smallint | i.kind, platform_set_id = i.set_id
        FROM unnest($1::integer[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::integer[])
            i (tag_id, at, ordinal, kind, set_id)
        WHERE h.tag_id = i.tag_id AND h.observed_at = i.at AND h.ordinal = i.ordinal
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(rows.map(\.tagID))
        parameters.append(rows.map(\.change.observedAt))
        parameters.append(rows.map(\.ordinal))
        parameters.append(rows.map(\.change.kind))
        parameters.append(rows.map { setIDs[$0.change.platforms] })
    }
}
