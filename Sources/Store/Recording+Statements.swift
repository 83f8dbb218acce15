import LibPQ
import OCI
import TagHistory

/// No stronger than what an UPDATE takes. Whoever needs a tag's lock takes it by this, in the order of the key.
struct LockTags: Statement {
    let ids: [Int32]
    static let sql: SQL = """
        SELECT count(*) FROM (
            SELECT FROM tag_checks WHERE tag_id = ANY ($1)
            ORDER BY tag_id FOR NO KEY UPDATE) locked
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int { try row.next() }
}

struct SelectLockedTags: Statement {
    let ids: [Int32]
    static let sql: SQL =
        """
        SELECT c.tag_id, r.prefix || t.tag, t.state, t.origin, d.digest, c.is_missing, c.last_succeeded_at,
            c.last_missing_at, c.failures, c.last_checked_at, c.registry_id, c.repository_id, c.first_seen_at,\u{20}
        """ + TagSchedule.columns + """
             FROM tag_checks c JOIN tags t ON t.id = c.tag_id JOIN repositories r ON r.id = t.repository_id
            LEFT JOIN digests d ON d.id = c.digest_id
            WHERE c.tag_id = ANY ($1)
            """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> LockedTag {
        let id: Int32 = try row.next()
        let reference: TagReference = try row.next()
        let tagState: TagState = try row.next()
        let origin: TagOrigin = try row.next()
        let state = Decision.CurrentState(
            digest: try row.next(), isMissing: try row.next(), lastSucceededAt: try row.next(),
            lastMissingAt: try row.next())
        return LockedTag(
            id: id, reference: reference, tagState: tagState, origin: origin, state: state,
            failures: try row.next(), lastCheckedAt: try row.next(), registryID: try row.next(),
            repositoryID: try row.next(), firstSeenAt: try row.next(), schedule: try TagSchedule.decode(&row))
    }
}

/// Which of the checks wrote a row.
struct SelectRecordedChanges: Statement {
    let results: [CheckResult]
    static let sql: SQL = """
        SELECT DISTINCT h.tag_id FROM unnest($1::integer[], $2::timestamptz[]) i (tag_id, checked_at)
        JOIN changes h ON h.tag_id = i.tag_id AND h.observed_at = i.checked_at AND h.ordinal >= 0
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(results.map(\.claim.tagID))
        parameters.append(results.map(\.checkedAt))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

struct SelectBorne: Statement {
    let pairs: [(Int32, Int32)]
    static let sql: SQL = """
        SELECT i.tag_id FROM unnest($1::integer[], $2::integer[]) i (tag_id, digest_id)
        WHERE EXISTS (SELECT FROM changes h WHERE h.tag_id = i.tag_id AND h.digest_id = i.digest_id
            AND h.ordinal >= 0)
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(pairs.map(\.0))
        parameters.append(pairs.map(\.1))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

struct ChangeRow: Sendable {
    let tagID: Int32
    /// Orders rows of the same time; negative for hidden rows, see ``numbered(tag:)``.
    let ordinal: Int16
    var change: Change
}

/// Rows, and what is to be read because of them.
struct InsertChanges: Statement {
    typealias Row = Never
    let rows: [ChangeRow]
    let digestIDs: [Digest: Int32]
    var setIDs: [[Platform]: Int32] = [:]
    var wanted: [WantedContent] = []
    static let sql: SQL =
        """
        WITH new AS (
            INSERT INTO changes (tag_id, ordinal, digest_id, what, observed_at, not_before, pushed_at,
                platform_set_id)
            SELECT * FROM unnest($1::integer[], $2::smallint[], $3::integer[], $4::smallint[],
                $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::integer[])),
        i AS (SELECT * FROM unnest($9::bytea[], $10::integer[], $11::timestamptz[], $12::boolean[])
            i (digest, tag_id, next_at, is_part))
        """ + QueueContents.insertion
    func bind(_ parameters: inout Parameters) {
        parameters.append(rows.map(\.tagID))
        parameters.append(rows.map(\.ordinal))
        parameters.append(rows.map { row in row.change.digest.flatMap { digestIDs[$0] } })
        parameters.append(rows.map { PackedChange($0.change) })
        parameters.append(rows.map(\.change.observedAt))
        parameters.append(rows.map(\.change.notBefore))
        parameters.append(rows.map(\.change.pushedAt))
        parameters.append(rows.map { setIDs[$0.change.platforms] })
        wanted.bind(&parameters)
    }
}

struct UpdateTagChecks: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    static let sql: SQL =
        "UPDATE tag_checks c SET digest_head = " + DigestHead.column + """
                , digest_id = d.id, is_missing = i.is_missing, failures = i.failures,
                    last_checked_at = i.checked_at, last_succeeded_at = i.succeeded_at, last_missing_at = i.missing_at,
                    next_check_at = COALESCE(i.next_at, 'infinity'), rate = i.rate, events = COALESCE(i.events, 0),
                    last_event_days = COALESCE(i.last_event_days, 0), seen_changes = COALESCE(i.seen_changes, 0),
                    credits = COALESCE(i.credits, 0), first_burst = COALESCE(i.first_burst, 0),
                    last_burst = COALESCE(i.last_burst, 0), reason = COALESCE(i.reason, 1)
                FROM unnest($1::integer[], $2::bytea[], $3::boolean[], $4::smallint[], $5::timestamptz[], $6::timestamptz[],
                    $7::timestamptz[], $8::timestamptz[], $9::real[], $10::real[], $11::real[], $12::smallint[],
                    $13::smallint[], $14::smallint[], $15::smallint[], $16::smallint[])
                    i (tag_id, digest, is_missing, failures, checked_at, succeeded_at, missing_at, next_at, rate, events,
                        last_event_days, seen_changes, credits, first_burst, last_burst, reason)
                LEFT JOIN digests d ON d.digest = i.digest
                WHERE c.tag_id = i.tag_id
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map(\.state.digest))
        parameters.append(updates.map(\.state.isMissing))
        parameters.append(updates.map(\.failures))
        parameters.append(updates.map(\.lastCheckedAt))
        parameters.append(updates.map(\.state.lastSucceededAt))
        parameters.append(updates.map(\.state.lastMissingAt))
        parameters.append(updates.map(\.nextCheckAt))
        parameters.append(updates.map(\.schedule?.rate))
        parameters.append(updates.map(\.schedule?.events))
        parameters.append(updates.map(\.schedule?.lastEventDays))
        parameters.append(updates.map(\.schedule?.changes))
        parameters.append(updates.map(\.schedule?.credits))
        parameters.append(updates.map(\.schedule?.firstBurst))
        parameters.append(updates.map(\.schedule?.lastBurst))
        parameters.append(updates.map(\.schedule?.reason))
    }
}

/// Due at once, whatever was recorded of it.
struct CheckAgain: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = """
        UPDATE tag_checks c SET next_check_at = LEAST(c.next_check_at, l.clock) FROM lanes l
        WHERE c.tag_id = ANY ($1) AND l.registry_id = c.registry_id AND isfinite(c.next_check_at)
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}

struct UpdateStates: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    static let sql: SQL = """
        UPDATE tags t SET state = i.state FROM unnest($1::integer[], $2::smallint[]) i (tag_id, state)
        WHERE t.id = i.tag_id AND t.state <> i.state AND t.state <> 4
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map(\.tagState))
    }
}

struct InsertFailures: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    static let sql: SQL = """
        INSERT INTO check_failures (tag_id, failed_at, reason)
        SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::text[])
        ON CONFLICT (tag_id) DO UPDATE SET failed_at = excluded.failed_at, reason = excluded.reason
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(updates.map(\.id))
        parameters.append(updates.map(\.lastCheckedAt))
        parameters.append(updates.map(\.failureReason))
    }
}

struct DeleteFailures: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = "DELETE FROM check_failures WHERE tag_id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}

/// Only tags without any history: what somebody typed and no registry ever had.
struct DeleteUnseen: Statement {
    typealias Row = Never
    let ids: [Int32]
    static let sql: SQL = """
        DELETE FROM tags t WHERE t.id = ANY ($1) AND NOT EXISTS (SELECT FROM changes h WHERE h.tag_id = t.id)
        """
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
}
