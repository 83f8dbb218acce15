import LibPQ
public import OCI

/// How one day's checks (UTC) ended.
public struct DayCounts: Sendable {
    public let day: Timestamp
    public let unchanged: Int
    public let changed: Int
    public let missing: Int
    public let failed: Int
    /// Time spent on checks, in seconds, summed over concurrent ones.
    public let seconds: Double
}

public struct StoreStatus: Sendable {
    public let tracked: Int
    public let states: [TagState: Int]
    /// Recorded changes of all tags.
    public let changes: Int
    public let workers: [WorkerInfo]
    public let lanes: [LaneStatus]
    /// The last 50 days with checks, newest last.
    public let days: [DayCounts]
    /// The hosts behind the registries that were asked lately, the busiest first.
    public var hosts: [HostStatus] = []
    /// Repositories whose tags are followed as they appear, by some worker and not just formerly.
    public var followed: [FollowedRepository] = []
}

extension TagStore {
    /// So long after its next listing was due, nobody follows a repository any more.
    private static let unlistedSeconds = 86_400.0

    /// - Parameter countsDue: to count what is due takes longer than all the rest.
    public func status(at now: Timestamp, countsDue: Bool = true) async throws -> StoreStatus {
        try await pool.withConnection { connection in
            let states = try await connection.run(CountStates()).rows
            let spent = try await connection.run(SelectSpent(now: now)).rows
            var lanes = try await connection.run(SelectLaneStatus(now: now, countsDue: countsDue)).rows
            for index in lanes.indices {
                for row in spent where row.registry == lanes[index].registry.name {
                    lanes[index].requests[row.kind, default: 0] += row.lastDay
                }
            }
            return StoreStatus(
                tracked: states.filter { $0.state != .untracked }.reduce(0) { $0 + $1.tags },
                states: Dictionary(uniqueKeysWithValues: states.map { ($0.state, $0.tags) }),
                changes: states.reduce(0) { $0 + $1.changes },
                workers: try await connection.run(SelectWorkers()).rows,
                lanes: lanes, days: try await connection.run(SelectDays(now: now)).rows,
                hosts: try await connection.hosts(spent),
                followed: try await connection.run(SelectFollowed()).rows
                    .filter { now.seconds(since: $0.nextListingAt) < Self.unlistedSeconds })
        }
    }
}

struct SelectDays: Statement {
    let now: Timestamp
    static let sql: SQL = """
        SELECT date_trunc('day', hour, 'UTC'), sum(unchanged), sum(changed), sum(missing), sum(failed), sum(seconds)
        FROM check_counts WHERE hour >= date_trunc('day', $1::timestamptz, 'UTC') - interval '49 days'
        GROUP BY 1 ORDER BY 1
        """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> DayCounts {
        DayCounts(
            day: try row.next(), unchanged: try row.next(), changed: try row.next(), missing: try row.next(),
            failed: try row.next(), seconds: try row.next())
    }
}
