import Foundation
import LibPQ
import OCI
import Store
import TagHistory

/// What the database says at the end.
struct Records: Sendable {
    /// By the tags' numbers, oldest first.
    let changes: [[Change]]
    let counts: CheckCounts
    /// Written down, of all registries.
    let requests: Int
    /// Claims, listings and workers that nobody holds.
    let leftOver: Int
}

extension Scene {
    func records() async throws -> Records {
        let references = Dictionary(uniqueKeysWithValues: try (0..<tags).map { (try reference($0), $0) })
        var changes = [[Change]](repeating: [], count: tags)
        var cursor: String?
        repeat {
            let page = try await store.changes(limit: 5_000, cursor: cursor)
            for item in page.items { references[item.reference].map { changes[$0].insert(item.change, at: 0) } }
            cursor = page.next
        } while cursor != nil
        let status = try await store.status(at: .now())
        func sum(_ part: (DayCounts) -> Int) -> Int { status.days.reduce(0) { $0 + part($1) } }
        let counts = CheckCounts(
            unchanged: sum(\.unchanged), changed: sum(\.changed), missing: sum(\.missing), failed: sum(\.failed))
        return Records(
            changes: changes, counts: counts,
            requests: status.lanes.reduce(0) { $0 + $1.requests.values.reduce(0, +) },
            leftOver: try await store.pool.first(CountLeftOver()) ?? -1)
    }
}

/// How checks ended.
struct CheckCounts: Sendable {
    let unchanged, changed, missing, failed: Int
    var all: Int { unchanged + changed + missing + failed }
}

private struct CountLeftOver: Statement {
    static let sql: SQL = """
        SELECT (SELECT count(*) FROM claims) + (SELECT count(*) FROM workers)
            + (SELECT count(*) FROM repository_schedules WHERE lister_id IS NOT NULL)
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int { try row.next() }
}
