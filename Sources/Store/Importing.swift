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
