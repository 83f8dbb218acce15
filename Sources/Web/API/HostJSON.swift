import OCI
import Store

/// A registry's host in `/api/v1/status`: what may be asked of it, and what was.
struct HostJSON: Encodable {
    struct Quota: Encodable {
        let limit: Int
        let remaining: Int
        let windowSeconds: Int
        let seenAt: Timestamp
    }

    let status: HostStatus

    private enum CodingKeys: CodingKey {
        case host, circuit, requestsPerSecond, tokens, pausedUntil, reason, isHostsWish, quota, askedAt
        case requestsThisHour, requestsLastDay
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(status.host, forKey: .host)
        try container.encode(status.circuit.rawValue, forKey: .circuit)
        // Null: no limit.
        try container.encode(status.requestsPerSecond, forKey: .requestsPerSecond)
        try container.encode(status.tokens.map { ($0 * 10).rounded(.down) / 10 }, forKey: .tokens)
        try container.encode(status.pausedUntil, forKey: .pausedUntil)
        try container.encode(status.reason, forKey: .reason)
        try container.encode(status.isHostsWish, forKey: .isHostsWish)
        let quota = status.quota.map {
            Quota(limit: $0.limit, remaining: $0.remaining, windowSeconds: $0.windowSeconds, seenAt: $0.seenAt)
        }
        try container.encode(quota, forKey: .quota)
        try container.encode(status.askedAt, forKey: .askedAt)
        try container.encode(Self.named(status.thisHour), forKey: .requestsThisHour)
        try container.encode(Self.named(status.lastDay), forKey: .requestsLastDay)
    }

    /// By the purpose's name; every purpose is there.
    static func named(_ requests: [RequestKind: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: RequestKind.allCases.map { ($0.name, requests[$0] ?? 0) })
    }
}
