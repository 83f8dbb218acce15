import LibPQ
public import OCI

/// A registry's host as all workers together know it.
public struct HostStatus: Sendable {
    public enum Circuit: String, Sendable {
        /// It is asked.
        case closed
        /// It is being left alone.
        case open
        /// One request at a time finds out whether it answers again.
        case halfOpen
    }

    public struct Quota: Sendable {
        public let limit: Int
        public let remaining: Int
        public let windowSeconds: Int
        public let seenAt: Timestamp
    }

    /// Host and port.
    public let host: String
    /// Nil: no limit, or not asked by a worker of this version yet.
    public let requestsPerSecond: Double?
    /// Requests that could be sent at once; nil where there is no limit.
    public let tokens: Double?
    public let circuit: Circuit
    public let pausedUntil: Timestamp?
    /// Why it is, or was last, left alone; nil once it answered since.
    public let reason: String?
    /// Whether the host asked for the pause.
    public let isHostsWish: Bool
    /// The quota that it announces; nil where it announces none, or the announcement is over.
    public let quota: Quota?
    public let askedAt: Timestamp?
    /// Requests of the current hour and of the 23 before it, by what they were spent on.
    public var lastDay: [RequestKind: Int] = [:]
    /// Of the current hour (UTC) alone.
    public var thisHour: [RequestKind: Int] = [:]
}

/// Requests of one registry or host, of one kind.
struct SpentRow: Sendable {
    let registry: String
    let host: String
    let kind: RequestKind
    let thisHour: Int
    let lastDay: Int
}

extension Connection {
    /// The hosts asked within the last day and those that are being left alone, the busiest first.
    func hosts(_ spent: [SpentRow]) async throws -> [HostStatus] {
        var hosts = try await run(SelectHosts()).rows
        for index in hosts.indices {
            for row in spent where row.host == hosts[index].host {
                hosts[index].lastDay[row.kind, default: 0] += row.lastDay
                hosts[index].thisHour[row.kind, default: 0] += row.thisHour
            }
        }
        return hosts.sorted { left, right in
            let (more, less) = (left.lastDay.values.reduce(0, +), right.lastDay.values.reduce(0, +))
            return (-more, left.host) < (-less, right.host)
        }
    }
}

/// By the database's clock, as the rows are.
struct SelectHosts: Statement {
    static let sql: SQL = """
        SELECT b.host, b.requests_per_second,
            CASE WHEN b.requests_per_second IS NOT NULL THEN greatest(0, least(b.capacity,
                CASE WHEN b.next_turn_at = '-infinity' THEN b.capacity
                    ELSE 1 + extract(epoch FROM now() - b.next_turn_at)::float8 * b.requests_per_second END)) END,
            CASE WHEN b.paused_until IS NULL THEN 0 WHEN b.paused_until > now() THEN 1 ELSE 2 END,
            CASE WHEN b.paused_until > now() THEN b.paused_until END, b.reason, b.is_hosts_wish,
            CASE WHEN now() < COALESCE(b.quota_resets_at, b.quota_seen_at + b.quota_window_seconds * interval '1 second')
                THEN b.quota_limit END, b.quota_remaining, b.quota_window_seconds, b.quota_seen_at,
            CASE WHEN b.asked_at > '-infinity' THEN b.asked_at END
        FROM host_budgets b WHERE b.asked_at > now() - interval '1 day' OR b.paused_until > now()
        """
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> HostStatus {
        let host: String = try row.next()
        let rate: Double? = try row.next()
        let tokens: Double? = try row.next()
        let circuit: Int = try row.next()
        let pausedUntil: Timestamp? = try row.next()
        let reason: String? = try row.next()
        let isHostsWish: Bool = try row.next()
        let limit: Int? = try row.next()
        let remaining: Int? = try row.next()
        let window: Int? = try row.next()
        let seenAt: Timestamp? = try row.next()
        var quota: HostStatus.Quota?
        if let limit, let remaining, let window, let seenAt {
            quota = HostStatus.Quota(limit: limit, remaining: remaining, windowSeconds: window, seenAt: seenAt)
        }
        return HostStatus(
            host: host, requestsPerSecond: rate, tokens: tokens,
            circuit: circuit == 0 ? .closed : circuit == 1 ? .open : .halfOpen, pausedUntil: pausedUntil,
            reason: reason, isHostsWish: isHostsWish, quota: quota, askedAt: try row.next())
    }
}

struct SelectSpent: Statement {
    let now: Timestamp
    static let sql: SQL = """
        SELECT g.name, c.host, c.purpose,
            COALESCE(sum(c.requests) FILTER (WHERE c.hour >= date_trunc('hour', $1::timestamptz, 'UTC')), 0)::bigint,
            sum(c.requests)::bigint
        FROM request_counts c JOIN registries g ON g.id = c.registry_id
        WHERE c.hour > date_trunc('hour', $1::timestamptz, 'UTC') - interval '24 hours'
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """
    func bind(_ parameters: inout Parameters) { parameters.append(now) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> SpentRow {
        let registry: String = try row.next()
        let host: String = try row.next()
        let number: Int16 = try row.next()
        guard let kind = RequestKind(rawValue: number) else { throw row.failure("is no purpose of requests") }
        return SpentRow(
            registry: registry, host: host, kind: kind, thisHour: try row.next(), lastDay: try row.next())
    }
}
