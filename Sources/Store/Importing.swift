import Foundation
import LibPQ
public import OCI
import TagHistory

public struct ImportSummary: Sendable {
    /// Observations read.
    public let observations: Int
    /// Whether it went on where an earlier import of the same source was ended; then the others are of the rest.
    public var isRest = false
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
    /// three groups, each of which holds its tags' whole histories.
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

    /// Some groups at a time: while one is read and decided, another is written.
    private func merge(
        _ rows: inout SpooledRows, at now: Timestamp, progress: (ImportProgress) -> Void
    ) async throws -> ImportSummary {
        var summary = ImportSummary(observations: rows.count, isRest: rows.isResumed)
        let isAlone = rows.isInMemory
        var merged = 0
        var going: [ImportGroup] = []
        var done: Set<TagReference> = []
        try await withThrowingTaskGroup(of: (last: TagReference?, growth: Int).self) { tasks in
            while true {
                while going.count < 3, let next = try rows.next() {
                    going.append(next)
                    tasks.addTask { (next.tags.last?.reference, try await self.merge(next, isAlone: isAlone, at: now)) }
                }
                guard let finished = try await tasks.next() else { return }
                summary.newRows += finished.growth
                if let last = finished.last { done.insert(last) }
                // What a killed import may leave out begins behind the first that is not done.
                while let first = going.first, let last = first.tags.last?.reference, done.remove(last) != nil {
                    try rows.note(done: last)
                    summary.tags += first.tags.count
                    merged += first.count
                    going.removeFirst()
                }
                progress(.merged(merged, of: rows.count))
            }
        }
        return summary
    }

    /// - Parameter isAlone: there are no other groups; then nothing stays of it where it fails.
    private func merge(_ group: ImportGroup, isAlone: Bool, at now: Timestamp) async throws -> Int {
        // What groups have in common is there before their transactions begin: they would wait for the one that made it
        // until that has come to its end.
        let digestIDs =
            isAlone
            ? nil
            : try await pool.retryingTransaction { connection in
                try await connection.insertNames(of: group.tags.map(\.reference))
                return try await connection.digestIDs(of: group)
            }
        _ = try await pool.retryingTransaction { try await $0.run(RaiseNewest(newest: group.newest)) }
        let outcome = try await grow(by: group, digestIDs: digestIDs, at: now)
        try await pool.run(Notify(signal: .work))
        if outcome.hasChanged { try await pool.run(Notify(signal: .changes)) }
        return outcome.growth
    }

    private func grow(
        by group: ImportGroup, digestIDs: [Digest: Int32]?, at now: Timestamp
    ) async throws -> MergeOutcome {
        while true {
            do {
                // Merging thousands of observations takes a while by itself, on a busy machine.
                return try await pool.retryingTransaction(standstill: 120) { connection in
                    // Digests only after the tags are locked, as everywhere.
                    if digestIDs == nil { try await connection.insertNames(of: group.tags.map(\.reference)) }
                    return try await connection.merge(group, digestIDs: digestIDs ?? [:], at: now)
                }
            } catch is TrackedMeanwhile {
                // The next attempt finds it.
                try Task.checkCancellation()
            }
        }
    }
}

extension Connection {
    fileprivate func digestIDs(of group: ImportGroup) async throws -> [Digest: Int32] {
        try await digestIDs(
            of: group.tags.flatMap(\.observations).compactMap { observation in
                observation.digest.map { ($0, observation.mediaType) }
            })
    }

    fileprivate func merge(
        _ group: ImportGroup, digestIDs: [Digest: Int32], at now: Timestamp
    ) async throws -> MergeOutcome {
        let references = group.tags.map(\.reference)
        // All of them in their order, before some of them are locked by what wakes them.
        let ids = try await run(SelectTagIDs(references: references)).rows
        try await run(LockTags(ids: ids))
        _ = try await run(Retrack(references: references, origin: .import, now: now))
        let known = try await current(ids)
        let new = try await newTags(Set(references).subtracting(known.values.map(\.reference)).sorted())
        let tags = known.merging(new) { known, _ in known }
        let idOf = Dictionary(uniqueKeysWithValues: tags.values.map { ($0.reference, $0.id) })
        var observations: [Int32: [Observation]] = [:]
        for tag in group.tags { if let id = idOf[tag.reference] { observations[id] = tag.observations } }
        return try await merge(observations, into: tags, new: Set(new.keys), digestIDs: digestIDs, at: now)
    }
}

extension ImportGroup {
    /// The newest observation of each repository that is there already or was made for the group.
    fileprivate var newest: [String: Timestamp] {
        var newest: [String: Timestamp] = [:]
        for (reference, observations) in tags {
            guard let last = observations.map(\.observedAt).max() else { continue }
            let prefix = reference.repository.prefix
            newest[prefix] = max(last, newest[prefix] ?? last)
        }
        return newest
    }
}

/// Ahead of a transaction that brings changes no later than these, so that it locks no repository: those of groups that
/// share one would wait for each other.
struct RaiseNewest: Statement {
    /// By what a repository's references begin with.
    let newest: [String: Timestamp]
    static let sql: SQL = """
        SELECT raise_newest(array_agg(r.id), array_agg(list_seconds(i.at))) IS NULL
        FROM unnest($1::text[], $2::timestamptz[]) i (prefix, at) JOIN repositories r ON r.prefix = i.prefix
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(Array(newest.keys))
        parameters.append(Array(newest.values))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

struct SelectIdentity: Statement {
    static let sql: SQL = "SELECT min(applied_at)::text FROM schema_migrations"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> String { try row.next() }
}

struct SelectTagIDs: Statement {
    let references: [TagReference]
    static let sql: SQL = "SELECT t.id FROM " + TagKeys.named + " ORDER BY t.id"
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}
