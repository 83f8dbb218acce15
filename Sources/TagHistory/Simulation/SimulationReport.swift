public import OCI

/// What a policy came to on a trace. Numbers that nothing was measured for are nil, and null in JSON.
public struct SimulationReport: Sendable, Equatable, Codable {
    public let policy: Simulation.Policy
    /// Requests spent.
    public let requests: Int
    /// Changes that happened, found or not.
    public let changes: Int
    /// Those that were overwritten before any check saw them.
    public let missed: Int
    @OrNull public var meanDelaySeconds: Double?
    @OrNull public var medianDelaySeconds: Double?
    @OrNull public var p95DelaySeconds: Double?
    /// The share of all tags' time in which what is known of the tag is current.
    @OrNull public var freshness: Double?
}
