import LibPQ

/// What a worker tells and asks of a host; see ``TagStore/exchange(_:)``. Lengths are in seconds from now.
public struct HostReport: Sendable {
    public enum News: Sendable {
        case paused(seconds: Double, failures: Int, reason: String, isHostsWish: Bool)
        /// It answers again, unless somebody was refused since this version of the pause.
        case answers
    }

    public enum Quota: Sendable {
        case seen(limit: Int, remaining: Int, windowSeconds: Double, resetsInSeconds: Double?, ageSeconds: Double)
        case unlimited
    }

    /// Host and port.
    public var host: String
    /// Nil: no limit.
    public var requestsPerSecond: Double?
    /// Turns saved up while nobody asks.
    public var capacity: Double
    public var wanted = 0
    public var news: News?
    public var knownVersion: Int64 = 0
    public var quota: Quota?
    /// Asks for the right to one trial, unless somebody had it or saw the quota within these seconds.
    public var trialAfterSeconds: Double?
    /// Asks for one request for content: one per interval, so many at once.
    public var contentIntervalSeconds: Double?
    public var contentBurst = 1

    public init(host: String, requestsPerSecond: Double?, capacity: Double) {
        self.host = host
        self.requestsPerSecond = requestsPerSecond
        self.capacity = capacity
    }
}

/// What all workers together know of a host, and what this one is granted.
public struct HostGrant: Sendable {
    public struct Pause: Sendable {
        /// Zero or less: over, and the host is tried with one request.
        public let seconds: Double
        public let failures: Int
        public let reason: String
        public let isHostsWish: Bool
    }

    public struct Quota: Sendable {
        public let limit: Int
        public let remaining: Int
        public let windowSeconds: Double
        public let resetsInSeconds: Double?
        public let ageSeconds: Double
    }

    public let granted: Int
    /// From now to the first turn granted, or to the one that would have been the next.
    public let firstInSeconds: Double
    public let version: Int64
    public let pause: Pause?
    public let quota: Quota?
    public let hasTrial: Bool
    public let trialInSeconds: Double
    public let hasContent: Bool
    public let contentInSeconds: Double
}

extension TagStore {
    /// Seconds for which turns are given away before their time.
    public static let turnHorizonSeconds = 3.0

    /// Tells the other workers what is known of a host and takes turns for about a second, in one statement.
    public func exchange(_ report: HostReport) async throws -> HostGrant {
        if let grant = try await pool.first(ExchangeHost(report: report)) { return grant }
        try await pool.run(InsertHost(host: report.host))
        guard let grant = try await pool.first(ExchangeHost(report: report)) else {
            throw PostgresError(.misuse, "the row of a host is gone as soon as it was made")
        }
        return grant
    }

    /// Forgets hosts that nobody has asked for a month.
    public func forgetHosts() async throws { try await pool.run(DeleteIdleHosts()) }
}

struct InsertHost: Statement {
    typealias Row = Never
    let host: String
    static let sql: SQL = "INSERT INTO host_budgets (host) VALUES ($1) ON CONFLICT DO NOTHING"
    func bind(_ parameters: inout Parameters) { parameters.append(host) }
}

struct DeleteIdleHosts: Statement {
    typealias Row = Never
    static let sql: SQL = """
        DELETE FROM host_budgets WHERE asked_at < now() - interval '30 days' AND COALESCE(paused_until < now(), true)
        """
}
