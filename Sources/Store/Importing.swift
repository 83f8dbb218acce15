import Foundation
import LibPQ
public import OCI
import TagHistory

public struct ImportSummary: Sendable {
    /// Observations read.
    public let observations: Int
    /// Tags that they speak of.
    public var tags = 0
    /// Rows that the histories grew by; 0 where everything was known.
    public var newRows = 0
}

public enum ImportProgress: Sendable {
    /// Observations taken from the source so far.
    case read(Int)
    /// Observations merged into histories, of all.
    case merged(Int, of: Int)
    /// So many were read and put in order by an earlier import of the same source that was ended.
    case resumed(Int)
}

extension TagStore {
    /// Merges observations into the tags' histories, after all of them were read: what `next` throws leaves no trace.
    ///
    /// What fits into memory is one transaction: all or nothing. More than that waits in the spool, sorted, and goes into
    /// the database some thousand rows at a time, each tag at once, so that nobody waits for the tags of an import for
    /// longer than for those of any batch. After a kill, the same source goes on where it was.
    ///
    /// Merging twice changes nothing, and the order of imports does not matter. Memory is bounded by the spool's and by
    /// the longest single history.
    /// - Parameters:
    ///   - spool: nil for one in the system's folder for temporary files.
    ///   - next: the next chunk of the source, nil at its end.
    public func importObservations(
        at now: Timestamp, spool: ImportSpool? = nil, progress: (ImportProgress) -> Void = { _ in },
        next: () async throws -> [ImportRow]?
    ) async throws -> ImportSummary {
        let spool = spool ?? .temporary(in: FileManager.default.temporaryDirectory)
        var rows = try SpooledRows(spool)
        if rows.isResumed {
            progress(.resumed(rows.count))
        } else {
            do {
                while let chunk = try await next() {
                    try rows.add(chunk)
                    progress(.read(rows.count))
                }
            } catch {
                rows.remove()
                throw error
            }
        }
        do {
            try rows.finish()
            let summary = try await merge(&rows, at: now, progress: progress)
            rows.remove()
            return summary
        } catch {
            // Nobody could go on with it.
            if !spool.isKept { rows.remove() }
            throw error
        }
    }

    /// What tells this database apart from others, also from one that was made anew in its place.
    public func identity() async throws -> String { try await pool.first(SelectIdentity()) ?? "" }

    /// Two groups at a time: while one is read and decided, the other is written.
    private func merge(
        _ rows: inout SpooledRows, at now: Timestamp, progress: (ImportProgress) -> Void
    ) async throws -> ImportSummary {
        var summary = ImportSummary(observations: rows.count)
        var merged = 0
        while let first = try rows.next() {
            let second = try rows.next()
            async let growth = merge(first, at: now)
            if let second { summary.newRows += try await merge(second, at: now) }
            summary.newRows += try await growth
            for group in [first, second].compactMap(\.self) {
                summary.tags += group.tags.count
                merged += group.count
            }
            if let last = (second ?? first).tags.last { try rows.note(done: last.reference) }
            progress(.merged(merged, of: rows.count))
        }
        return summary
    }

    private func merge(_ group: ImportGroup, at now: Timestamp) async throws -> Int {
        let outcome = try await grow(by: group, at: now)
        try await pool.run(Notify(signal: .work))
        if outcome.hasChanged { try await pool.run(Notify(signal: .changes)) }
        return outcome.growth
    }
}

extension TagStore {
    private func grow(by group: ImportGroup, at now: Timestamp) async throws -> MergeOutcome {
        while true {
            do {
                // Merging thousands of observations takes a while by itself, on a busy machine.
                return try await pool.retryingTransaction(standstill: 120) { try await $0.merge(group, at: now) }
            } catch is TrackedMeanwhile {
                // The next attempt finds it.
                try Task.checkCancellation()
            }
        }
    }
}

extension Connection {
    fileprivate func merge(_ group: ImportGroup, at now: Timestamp) async throws -> MergeOutcome {
        let references = group.tags.map(\.reference)
        _ = try await run(Retrack(references: references, origin: .import, now: now))
        let known = try await locked(run(SelectTagIDs(references: references)).rows)
        let new = try await newTags(Set(references).subtracting(known.values.map(\.reference)).sorted())
        let tags = known.merging(new) { known, _ in known }
        let ids = Dictionary(uniqueKeysWithValues: tags.values.map { ($0.reference, $0.id) })
        var observations: [Int32: [Observation]] = [:]
        for tag in group.tags { if let id = ids[tag.reference] { observations[id] = tag.observations } }
        return try await merge(observations, into: tags, new: Set(new.keys), at: now)
    }

    /// Tags that are to be written when everything is known that stands in their rows, once instead of three times.
    private func newTags(_ references: [TagReference]) async throws -> [Int32: LockedTag] {
        guard !references.isEmpty else { return [:] }
        try await run(InsertRegistries(names: Set(references.map(\.registry.name)).sorted()))
        try await run(InsertRepositories(repositories: Set(references.map(\.repository)).sorted()))
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
        SELECT i.place, nextval(pg_get_serial_sequence('tags', 'id'))::integer, g.id, r.id
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY i (registry, path, place)
        JOIN registries g ON g.name = i.registry JOIN repositories r ON r.registry_id = g.id AND r.path = i.path
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(references.map(\.registry.name))
        parameters.append(references.map(\.repository.path))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(
            place: try row.next(), id: try row.next(), registryID: try row.next(), repositoryID: try row.next())
    }
}

/// In the order of references, as everywhere.
struct InsertImportedTags: Statement {
    typealias Row = Never
    let summaries: [TagSummary]
    let tags: [Int32: LockedTag]
    let now: Timestamp
    static let sql: SQL = """
        INSERT INTO tags (id, repository_id, reference, origin, state, tracked_since, last_viewed_at, first_seen_at,
            last_changed_at, last_pushed_at, changes, changes_30d, interval_days, rhythm) OVERRIDING SYSTEM VALUE
        SELECT i.id, i.repository_id, i.reference, 4, i.state, $4, $4, i.first_seen_at, i.last_changed_at,
            i.last_pushed_at, i.changes, i.changes_30d, i.interval_days, i.rhythm
        FROM unnest($1::integer[], $2::integer[], $3::text[], $5::smallint[], $6::timestamptz[], $7::timestamptz[],
            $8::timestamptz[], $9::integer[], $10::integer[], $11::real[], $12::smallint[])
            i (id, repository_id, reference, state, first_seen_at, last_changed_at, last_pushed_at, changes,
                changes_30d, interval_days, rhythm)
        ORDER BY i.reference COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(summaries.map(\.id))
        parameters.append(summaries.map { tags[$0.id]?.repositoryID })
        parameters.append(summaries.map { tags[$0.id]?.reference })
        parameters.append(now)
        parameters.append(summaries.map(\.state))
        parameters.append(summaries.map(\.firstSeenAt))
        parameters.append(summaries.map(\.lastChangedAt))
        parameters.append(summaries.map(\.lastPushedAt))
        parameters.append(summaries.map(\.changes))
        parameters.append(summaries.map(\.changes30d))
        parameters.append(summaries.map(\.intervalDays))
        parameters.append(summaries.map { $0.rhythm?.number })
    }
}

/// Due at once, by the lane's clock.
struct InsertImportedChecks: Statement {
    typealias Row = Never
    let updates: [TagCheckUpdate]
    let tags: [Int32: LockedTag]
    let now: Timestamp
    static let sql: SQL =
        """
        INSERT INTO tag_checks (tag_id, registry_id, repository_id, next_check_at, is_missing, last_succeeded_at,
            last_missing_at, digest_id, digest_head)
        SELECT i.tag_id, i.registry_id, i.repository_id, LEAST($4, l.clock), i.is_missing, i.succeeded_at, i.missing_at,
            d.id,\u{20}
        """ + DigestHead.column + """
             FROM unnest($1::integer[], $2::integer[], $3::integer[], $5::bytea[], $6::boolean[], $7::timestamptz[],
                $8::timestamptz[]) i (tag_id, registry_id, repository_id, digest, is_missing, succeeded_at, missing_at)
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
    }
}

struct SelectIdentity: Statement {
    static let sql: SQL = "SELECT min(applied_at)::text FROM schema_migrations"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> String { try row.next() }
}

struct SelectTagIDs: Statement {
    let references: [TagReference]
    static let sql: SQL = "SELECT id FROM tags WHERE reference = ANY ($1) ORDER BY id"
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}
