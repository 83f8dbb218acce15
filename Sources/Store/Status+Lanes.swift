import LibPQ
public import OCI
import TagHistory

public struct LaneStatus: Sendable {
    /// What the schedule does with a lane's budget.
    public struct Schedule: Sendable {
        /// B: what may be spent.
        public let requestsPerSecond: Double
        /// c, in √days: a tag with λ changes a day is checked every c/√λ days.
        public let spacing: Double
        /// How long a change is likely to go unseen, where tags are asked one by one; nil where nothing is known yet.
        public let meanDelaySeconds: Double?
        /// How far the lane's clock is behind time; negative where it is ahead.
        public let lagSeconds: Double
        /// How many days apart checks are of a tag that changes so often a day.
        public func interval(changesPerDay: Double, tags: Int) -> Double {
            LaneSchedule.interval(
                spacing: spacing, requestsPerDay: requestsPerSecond * 86_400, tags: tags, pull: changesPerDay)
        }
    }

    /// Checks of the current hour and the 23 before it, by what they were made for.
    public struct Uses: Sendable, Equatable {
        /// A tag's own time had come.
        public let due: Int
        /// A sibling's change revealed a burst.
        public let boosted: Int
        /// To keep a listing honest.
        public let sweep: Int
        /// Somebody waited.
        public let requested: Int
        /// Answered by listings, without a request of their own.
        public let listed: Int
    }

    /// Checks of the current hour and the one before it.
    public struct Recent: Sendable, Equatable {
        public let checks: Int
        public let failed: Int
    }

    public let registry: Registry
    public let tracked: Int
    /// Checks that the lane's clock would have reached by now if it went on with time since the last claim, but for those
    /// of tags that were checked too lately to be checked again; up to ``mostDue``. How far it had fallen behind
    /// before, the schedule's lag tells. Nil where it was not asked for.
    public let due: Int?
    /// Since when the longest of them has been due, by time: no longer than it is tracked, or was last checked.
    public let oldestDueAt: Timestamp?
    public let failing: Int
    /// Why the newest failed check failed.
    public let lastError: String?
    public let lastSucceededAt: Timestamp?
    public let checks: Uses
    public let recent: Recent
    /// Nil where no worker has prepared the lane yet.
    public let schedule: Schedule?
    /// Requests spent in the current hour and the 23 before it, by what they were spent on.
    public var requests: [RequestKind: Int] = [:]

    /// More are not counted.
    public static let mostDue = 10_000
    /// Fewer failed checks may be an accident.
    private static let fewestFailed = 3

    /// Lately every check failed, and not of one tag alone, which is asked for again and again: nothing says that the
    /// registry can be checked.
    public var isSilent: Bool {
        recent.failed >= Self.fewestFailed && recent.failed == recent.checks
            && failing >= min(Self.fewestFailed, tracked)
    }
    /// Silent, or most of its tags could not be checked last.
    public var isFailing: Bool { isSilent || failing * 2 > tracked }
}

/// What grows with the number of tags is looked up in an index or was counted before.
struct SelectLaneStatus: Statement {
    let now: Timestamp
    let countsDue: Bool
    /// A clock of its own may meet tags that were checked too lately to be checked again, see ``ClaimWindow/checkedBefore``; with
    /// a fixed interval the clock is time itself.
    private static let due: SQL =
        reached + """
             AND (late.lag = interval '0' OR c.last_checked_at IS NULL OR c.last_checked_at < $3)
            """
    private static let reached: SQL = "tag_checks c WHERE c.registry_id = g.id AND c.next_check_at <= $1 - late.lag"
    static let sql: SQL = Self.sql(due: "due.count, oldest.at", counting)
    private static let brief: SQL = Self.sql(due: "NULL::bigint, NULL::timestamptz", "")
    var sql: SQL { countsDue ? Self.sql : Self.brief }

    /// - Parameters:
    ///   - due: the columns that tell of it.
    ///   - counting: what they come from.
    private static func sql(due: SQL, _ counting: SQL) -> SQL {
        """
        WITH tracked AS (
            SELECT registry_id, sum(tags)::bigint AS count FROM tag_counts WHERE state <> 4
            GROUP BY registry_id HAVING sum(tags) > 0),
        spent AS (
            SELECT n.registry_id, max(n.last_succeeded_at) AS last_succeeded_at,
                sum(n.unchanged + n.changed + n.missing + n.failed) FILTER (WHERE recent) AS checks,
                sum(n.revealed) FILTER (WHERE recent) AS revealed, sum(n.swept) FILTER (WHERE recent) AS swept,
                sum(n.requested) FILTER (WHERE recent) AS requested, sum(n.listed) FILTER (WHERE recent) AS listed,
                sum(n.unchanged + n.changed + n.missing + n.failed) FILTER (WHERE latest) AS latest,
                sum(n.failed) FILTER (WHERE latest) AS latest_failed
            FROM (SELECT *, hour > date_trunc('hour', $1::timestamptz, 'UTC') - interval '24 hours' AS recent,
                    hour >= date_trunc('hour', $1::timestamptz, 'UTC') - interval '1 hour' AS latest
                FROM check_counts) n
            GROUP BY n.registry_id),
        errors AS (
            SELECT c.registry_id, count(*) AS failing, (array_agg(f.reason ORDER BY f.failed_at DESC))[1] AS reason
            FROM check_failures f JOIN tag_checks c ON c.tag_id = f.tag_id AND c.next_check_at < 'infinity'
            GROUP BY c.registry_id)
        SELECT g.name, tracked.count,\u{20}
        """ + due + """
                , COALESCE(e.failing, 0), e.reason, s.last_succeeded_at,
                COALESCE(s.checks - s.revealed - s.swept - s.requested - s.listed, 0), COALESCE(s.revealed, 0),
                COALESCE(s.swept, 0), COALESCE(s.requested, 0), COALESCE(s.listed, 0),
                COALESCE(s.latest, 0), COALESCE(s.latest_failed, 0),
                l.requests_per_day / 86400, l.spacing, l.mean_delay_seconds, extract(epoch FROM l.claimed_at - l.clock)::float8
            FROM tracked JOIN registries g ON g.id = tracked.registry_id LEFT JOIN lanes l ON l.registry_id = g.id
            LEFT JOIN spent s ON s.registry_id = g.id LEFT JOIN errors e ON e.registry_id = g.id

            """ + counting + " ORDER BY tracked.count DESC, g.name"
    }

    private static let counting: SQL =
        """
        ,
        LATERAL (SELECT COALESCE(l.claimed_at - l.clock, interval '0') AS lag) late,
        LATERAL (
            -- Where the clock is time itself an index tells, and no row is read.
            SELECT CASE WHEN late.lag = interval '0' THEN (SELECT count(*) FROM (SELECT FROM\u{20}
        """ + reached + """
                     LIMIT $2) d) ELSE (SELECT count(*) FROM (SELECT FROM\u{20}
            """ + due + """
                     LIMIT $2) d) END AS count) due,
            LATERAL (
                SELECT min(greatest(d.next_check_at + late.lag, d.last_checked_at, t.tracked_since)) AS at FROM (
                    SELECT c.tag_id, c.next_check_at, c.last_checked_at FROM\u{20}
            """ + due + """
                     ORDER BY c.next_check_at LIMIT 100) d JOIN tags t ON t.id = d.tag_id) oldest
            """

    func bind(_ parameters: inout Parameters) {
        parameters.append(now)
        guard countsDue else { return }
        parameters.append(LaneStatus.mostDue)
        parameters.append(CheckPolicy.adaptive.checkedBefore(now))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> LaneStatus {
        let name: String = try row.next()
        guard let registry = try? Registry(parsing: name) else { throw row.failure("is no registry's name") }
        let tracked: Int = try row.next()
        let due: Int? = try row.next()
        let oldest: Timestamp? = try row.next()
        let failing: Int = try row.next()
        let reason: String? = try row.next()
        let succeeded: Timestamp? = try row.next()
        let uses = LaneStatus.Uses(
            due: try row.next(), boosted: try row.next(), sweep: try row.next(), requested: try row.next(),
            listed: try row.next())
        let recent = LaneStatus.Recent(checks: try row.next(), failed: try row.next())
        let rate: Double? = try row.next()
        let spacing: Double? = try row.next()
        let delay: Double? = try row.next()
        let lag: Double? = try row.next()
        var schedule: LaneStatus.Schedule?
        if let rate, let spacing, let lag {
            schedule = LaneStatus.Schedule(
                requestsPerSecond: rate, spacing: spacing, meanDelaySeconds: delay, lagSeconds: lag)
        }
        return LaneStatus(
            registry: registry, tracked: tracked, due: due, oldestDueAt: oldest, failing: failing, lastError: reason,
            lastSucceededAt: succeeded, checks: uses, recent: recent, schedule: schedule)
    }
}
