import LibPQ
public import OCI

/// What requests are spent on. The numbers are those of RegistryClient's `RequestPurpose`.
public enum RequestKind: Int16, Sendable, CaseIterable {
    case check = 1
    case bulk = 2
    case token = 3
    case content = 4
    case tags = 5
    case history = 6

    public var name: String { String(describing: self) }
}

/// Requests that a worker has sent since it last wrote them down.
public struct SpentRequests: Sendable {
    public let registry: Registry
    /// Host and port.
    public let host: String
    public let kind: RequestKind
    public let count: Int

    public init(registry: Registry, host: String, kind: RequestKind, count: Int) {
        self.registry = registry
        self.host = host
        self.kind = kind
        self.count = count
    }
}

extension TagStore {
    /// Adds to the counts of the hour in which `now` lies.
    public func count(_ requests: [SpentRequests], at now: Timestamp) async throws {
        guard !requests.isEmpty else { return }
        try await pool.retryingTransaction { connection in
            try await connection.run(InsertRegistries(names: Set(requests.map(\.registry.name)).sorted()))
            try await connection.run(CountRequests(requests: requests, now: now))
        }
    }
}

struct CountRequests: Statement {
    typealias Row = Never
    let requests: [SpentRequests]
    let now: Timestamp
    static let sql: SQL = """
        INSERT INTO request_counts (hour, registry_id, host, purpose, requests)
        SELECT date_trunc('hour', $1::timestamptz, 'UTC'), g.id, i.host, i.purpose, sum(i.requests)
        FROM unnest($2::text[], $3::text[], $4::smallint[], $5::bigint[]) i (registry, host, purpose, requests)
        JOIN registries g ON g.name = i.registry
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (hour, registry_id, host, purpose)
            DO UPDATE SET requests = request_counts.requests + excluded.requests
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(now)
        parameters.append(requests.map(\.registry.name))
        parameters.append(requests.map(\.host))
        parameters.append(requests.map(\.kind.rawValue))
        parameters.append(requests.map(\.count))
    }
}
