import LibPQ
public import OCI
import TagHistory

/// The columns of a tag that lists show and sort by; kept when a tag changes, not when somebody looks.
public struct TagSummary: Sendable {
    /// To be raised with every change of what a summary says of the same history; see `recomputeSummaries`.
    public static let definition: Int32 = 8

    let id: Int32
    /// Nil: stays. Written along with the rest, because every writing of a tag costs all of its indexes.
    let state: TagState?
    /// Nil: stays.
    let firstSeenAt: Timestamp?
    let lastChangedAt: Timestamp?
    let lastPushedAt: Timestamp?
    let changes: Int32
    let changes30d: Int32
    let intervalDays: Float?
    /// Nil where the tag was never seen.
    var rhythm: Rhythm.Word?
    /// Nil where the tag was never seen.
    let pulse: Pulse?

    /// - Parameters:
    ///   - history: shown rows, oldest first.
    ///   - firstSeenAt: nil where the tag was never seen.
    init(
        id: Int32, state: TagState? = nil, history: [Change], firstSeenAt: Timestamp?,
        lastSucceededAt: Timestamp?, at now: Timestamp
    ) {
        self.id = id
        self.state = state
        self.firstSeenAt = firstSeenAt
        let changes = CountedRows(history, firstSeenAt: firstSeenAt).changes
        lastChangedAt = changes.last?.observedAt
        lastPushedAt = history.last { $0.digest != nil }?.pushedAt
        self.changes = Int32(changes.count)
        let monthAgo = now.advanced(bySeconds: -30 * 86_400)
        changes30d = Int32(changes.count { $0.countedAt > monthAgo })
        let statistics =
            changes.isEmpty
            ? nil
            : Statistics(
                changes: history, firstSeenAt: firstSeenAt, lastSucceededAt: lastSucceededAt, asOf: now)
        intervalDays = statistics?.interval.meanDays.map(Float.init)
        rhythm = history.isEmpty ? nil : statistics?.rhythm.word ?? .unchanged
        pulse = firstSeenAt == nil ? nil : Pulse(history: history, firstSeenAt: firstSeenAt)
    }
}

extension TagStore {
    /// Brings up to date what lists sort by and what changes by the mere passing of time: the last month's changes and
    /// the year's mean interval. For once a night.
    public func refreshSummaries(at now: Timestamp) async throws {
        var last = Int32.min
        while case let ids = try await pool.run(SelectAgeing(after: last, limit: 500)).rows, let end = ids.last {
            try await pool.retryingTransaction { try await $0.computeSummaries(of: ids, at: now) }
            last = end
        }
    }

    /// Computes all summaries anew where they follow another definition than this program's, some tags at a time and
    /// while everything else goes on. Several workers may do so at once; what one that ended had done stays done.
    /// - Returns: how many tags this call saw.
    @discardableResult
    public func recomputeSummaries(
        at now: Timestamp, definition: Int32 = TagSummary.definition
    ) async throws -> Int {
        var count = 0
        while true {
            let ids = try await pool.retryingTransaction { connection -> [Int32] in
                let ids = try await connection.run(SelectOutdated(definition: definition, limit: 500)).rows
                try await connection.computeSummaries(of: ids, at: now)
                try await connection.run(NoteDefinition(definition: definition, last: ids.last))
                return ids
            }
            guard !ids.isEmpty else { return count }
            count += ids.count
        }
    }
}

extension Connection {
    fileprivate func computeSummaries(of ids: [Int32], at now: Timestamp) async throws {
        guard !ids.isEmpty else { return }
        let tags = try await locked(ids)
        let histories = try await outlines(of: ids)
        var summaries = tags.values.map { tag in
            TagSummary(
                id: tag.id, history: histories[tag.id] ?? [], firstSeenAt: tag.firstSeenAt,
                lastSucceededAt: tag.state.lastSucceededAt, at: now)
        }
        // Only time makes a tag stop: what changed just now is none of these.
        let stopped = summaries.filter { $0.rhythm == .stopped }.compactMap { tags[$0.id]?.reference }
        let superseded = try await superseded(stopped, asOf: now)
        for index in summaries.indices where summaries[index].rhythm == .stopped {
            let reference = tags[summaries[index].id]?.reference
            if reference.map(superseded.contains) ?? false { summaries[index].rhythm = .superseded }
        }
        try await run(UpdateSummaries(summaries: summaries))
    }

    /// After live checks: a first sighting is summed up from its one row, anything else from the tag's history.
    func refreshSummaries(
        rows: [ChangeRow], updates: [TagCheckUpdate], of tags: [Int32: LockedTag]
    ) async throws {
        guard let now = rows.map(\.change.observedAt).max() else { return }
        let first = Dictionary(
            rows.filter { $0.change.kind == .first }.map { ($0.tagID, [$0.change]) }, uniquingKeysWith: +)
        let later = Set(rows.map(\.tagID)).subtracting(first.keys)
        let histories = later.isEmpty ? first : try await outlines(of: later.sorted()).merging(first) { $1 }
        try await run(
            UpdateSummaries(
                summaries: updates.compactMap { tag in
                    histories[tag.id].map { history in
                        TagSummary(
                            id: tag.id, state: tag.tagState, history: history,
                            firstSeenAt: tags[tag.id]?.firstSeenAt
                                ?? history.first { $0.source != .metadata && $0.digest != nil }?.observedAt,
                            lastSucceededAt: tag.state.lastSucceededAt, at: now)
                    }
                }))
    }
}

extension StatementRunner {
    func histories(of ids: [Int32]) async throws -> [Int32: [Change]] {
        Dictionary(
            grouping: try await run(SelectHistories(ids: ids, includeSame: false)).rows.linked(), by: \.tagID
        ).mapValues { $0.map(\.change) }
    }

    func outlines(of ids: [Int32]) async throws -> [Int32: [Change]] {
        Dictionary(grouping: try await run(SelectOutlines(ids: ids)).rows.linked(), by: \.tagID)
            .mapValues { $0.map(\.change) }
    }
}

struct SelectAgeing: Statement {
    let after: Int32
    let limit: Int
    static let sql: SQL = """
        SELECT id FROM tags
        WHERE id > $1 AND (changes_30d > 0 OR interval_days IS NOT NULL OR rhythm NOT IN (1, 3)) ORDER BY id LIMIT $2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(after)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

/// The next tags to compute by another definition; where that is a new one, from the first on. The row is locked before
/// tags are, by this and nobody else.
struct SelectOutdated: Statement {
    let definition: Int32
    let limit: Int
    static let sql: SQL = """
        WITH place AS MATERIALIZED (
            SELECT CASE WHEN next_version = $1 THEN last_tag_id ELSE 0 END AS last FROM summary_definitions
            WHERE version <> $1 FOR NO KEY UPDATE)
        SELECT t.id FROM place, LATERAL (SELECT id FROM tags WHERE id > place.last ORDER BY id LIMIT $2) t
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(definition)
        parameters.append(limit)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

/// Without a last tag all of them are done.
struct NoteDefinition: Statement {
    typealias Row = Never
    let definition: Int32
    let last: Int32?
    static let sql: SQL = """
        UPDATE summary_definitions SET next_version = $1, last_tag_id = COALESCE($2, 0),
            version = CASE WHEN $2::integer IS NULL THEN $1 ELSE version END
        WHERE version <> $1
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(definition)
        parameters.append(last)
    }
}

extension TagSummary {
    /// What ``bind(_:_:)`` gives, and the names of its columns.
    static let arrays: SQL = """
        $1::integer[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::integer[], $6::integer[], $7::real[],
        $8::smallint[], $9::smallint[], $10::bytea[]
        """
    static let columns: SQL = """
        tag_id, first_seen_at, last_changed_at, last_pushed_at, changes, changes_30d, interval_days, state, rhythm, pulse
        """

    /// The first ten parameters.
    static func bind(_ summaries: [TagSummary], _ parameters: inout Parameters) {
        parameters.append(summaries.map(\.id))
        parameters.append(summaries.map(\.firstSeenAt))
        parameters.append(summaries.map(\.lastChangedAt))
        parameters.append(summaries.map(\.lastPushedAt))
        parameters.append(summaries.map(\.changes))
        parameters.append(summaries.map(\.changes30d))
        parameters.append(summaries.map(\.intervalDays))
        parameters.append(summaries.map(\.state))
        parameters.append(summaries.map { $0.rhythm?.number })
        parameters.append(summaries.map { $0.pulse.map { ByteString($0.bytes) } })
    }
}

struct UpdateSummaries: Statement {
    typealias Row = Never
    let summaries: [TagSummary]
    static let sql: SQL =
        """
        WITH i AS (SELECT * FROM unnest(
        """ + TagSummary.arrays + ") i (" + TagSummary.columns + """
            )), seen AS (
                UPDATE tag_checks c SET first_seen_at = i.first_seen_at FROM i
                WHERE c.tag_id = i.tag_id AND i.first_seen_at <> COALESCE(c.first_seen_at, '-infinity'))
            UPDATE tags t SET last_changed_at = i.last_changed_at,
                last_pushed_at = i.last_pushed_at, changes = i.changes, changes_30d = i.changes_30d,
                interval_days = i.interval_days, rhythm = i.rhythm, pulse = i.pulse,
                state = CASE WHEN t.state = 4 THEN 4 ELSE COALESCE(i.state, t.state) END
            FROM i WHERE t.id = i.tag_id AND (t.last_changed_at, t.last_pushed_at, t.changes, t.changes_30d,
            t.interval_days, t.state, t.rhythm, t.pulse) IS DISTINCT FROM (i.last_changed_at, i.last_pushed_at, i.changes, i.changes_30d, i.interval_days,
            COALESCE(i.state, t.state), i.rhythm, i.pulse)
            """
    func bind(_ parameters: inout Parameters) { TagSummary.bind(summaries, &parameters) }
}
