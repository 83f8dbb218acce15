import LibPQ
import OCI
import TagHistory

extension Connection {
    /// Tags that are to be written when everything is known that stands in their rows, once instead of three times. Their
    /// repositories are there.
    func newTags(_ references: [TagReference]) async throws -> [Int32: LockedTag] {
        guard !references.isEmpty else { return [:] }
        let rows = try await run(ReserveTags(references: references)).rows
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let reference = references[row.place - 1]
                let tag = LockedTag(
                    id: row.id, reference: reference, tagState: .pending, origin: .import, state: .init(), failures: 0,
                    lastCheckedAt: nil, registryID: row.registryID, repositoryID: row.repositoryID, firstSeenAt: nil,
                    schedule: nil)
                return (row.id, tag)
            })
    }

    /// - Throws: ``TrackedMeanwhile`` where another made one of them since.
    func insert(_ summaries: [TagSummary], of tags: [Int32: LockedTag], at now: Timestamp) async throws {
        let inserted = try await run(InsertImportedTags(summaries: summaries, tags: tags, now: now)).affected
        guard inserted == summaries.count else { throw TrackedMeanwhile() }
    }
}

/// Another has made a tag that an import was about to make.
struct TrackedMeanwhile: Error {}

/// Identifiers for tags that are not there yet.
struct ReserveTags: Statement {
    struct Row: Sendable {
        /// From 1 on.
        let place: Int
        let id: Int32
        let registryID: Int32
        let repositoryID: Int32
    }
    let references: [TagReference]
    static let sql: SQL = """
        SELECT i.place, nextval(pg_get_serial_sequence('tags', 'id'))::integer, r.registry_id, r.id
        FROM unnest($1::text[]) WITH ORDINALITY i (prefix, place) JOIN repositories r ON r.prefix = i.prefix
        """
    func bind(_ parameters: inout Parameters) { parameters.append(references.map(\.repository.prefix)) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(
            place: try row.next(), id: try row.next(), registryID: try row.next(), repositoryID: try row.next())
    }
}

/// In the order of the key, as everywhere.
struct InsertImportedTags: Statement {
    typealias Row = Never
    let summaries: [TagSummary]
    let tags: [Int32: LockedTag]
    let now: Timestamp
    static let sql: SQL =
        """
        INSERT INTO tags (id, repository_id, tag, origin, state, tracked_since, last_viewed_at,
            last_changed_at, last_pushed_at, changes, changes_30d, interval_days, rhythm, pulse) OVERRIDING SYSTEM VALUE
        SELECT i.tag_id, i.repository_id, i.tag, 4, i.state, $13, $13, i.last_changed_at,
            i.last_pushed_at, i.changes, i.changes_30d, i.interval_days, i.rhythm, i.pulse
        FROM unnest(
        """ + TagSummary.arrays + ", $11::integer[], $12::text[]) i (" + TagSummary.columns + """
            , repository_id, tag)
            ORDER BY i.repository_id, i.tag COLLATE "C"
            ON CONFLICT DO NOTHING
            """
    func bind(_ parameters: inout Parameters) {
        TagSummary.bind(summaries, &parameters)
        parameters.append(summaries.map { tags[$0.id]?.repositoryID })
        parameters.append(summaries.map { tags[$0.id]?.reference.tag })
        parameters.append(now)
    }
}

/// Due at once, by the lane's clock.
struct InsertImportedChecks: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    let tags: [Int32: LockedTag]
    let firstSeenAt: [Int32: Timestamp]
    let now: Timestamp
    static let sql: SQL =
        """
        INSERT INTO tag_checks (tag_id, registry_id, repository_id, next_check_at, is_missing, last_succeeded_at,
            last_missing_at, first_seen_at, tag, digest_id, digest_head)
        SELECT i.tag_id, i.registry_id, i.repository_id, LEAST($4, l.clock), i.is_missing, i.succeeded_at, i.missing_at,
            i.first_seen_at, t.tag, d.id,\u{20}
        """ + DigestHead.column + """
             FROM unnest($1::integer[], $2::integer[], $3::integer[], $5::bytea[], $6::boolean[], $7::timestamptz[],
                $8::timestamptz[], $9::timestamptz[])
                i (tag_id, registry_id, repository_id, digest, is_missing, succeeded_at, missing_at, first_seen_at)
            JOIN tags t ON t.id = i.tag_id
            LEFT JOIN lanes l ON l.registry_id = i.registry_id LEFT JOIN digests d ON d.digest = i.digest
            ORDER BY i.tag_id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map { tags[$0.id]?.registryID })
        parameters.append(updates.map { tags[$0.id]?.repositoryID })
        parameters.append(now)
        parameters.append(updates.map(\.state.digest))
        parameters.append(updates.map(\.state.isMissing))
        parameters.append(updates.map(\.state.lastSucceededAt))
        parameters.append(updates.map(\.state.lastMissingAt))
        parameters.append(updates.map { firstSeenAt[$0.id] })
    }
}
