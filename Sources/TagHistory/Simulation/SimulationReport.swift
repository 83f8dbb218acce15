/// What a policy came to on a trace. Numbers that nothing was measured for are nil.
public struct SimulationReport: Sendable, Equatable, Codable {
    public let policy: Simulation.Policy
    /// Requests spent.
    public let requests: Int
    /// Changes that happened, found or not.
    public let changes: Int
    /// Those that were overwritten before any check saw them.
    public let missed: Int
    public let meanDelaySeconds: Double?
    public let medianDelaySeconds: Double?
    public let p95DelaySeconds: Double?
    /// The share of all tags' time in which what is known of the tag is current.
    public let freshness: Double?

    /// Absent numbers are null, lest a reader take them for an older program's answer.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(policy, forKey: .policy)
        try container.encode(requests, forKey: .requests)
        try container.encode(changes, forKey: .changes)
        try container.encode(missed, forKey: .missed)
        try container.encode(meanDelaySeconds, forKey: .meanDelaySeconds)
        try container.encode(medianDelaySeconds, forKey: .medianDelaySeconds)
        try container.encode(p95DelaySeconds, forKey: .p95DelaySeconds)
        try container.encode(freshness, forKey: .freshness)
    }
}
