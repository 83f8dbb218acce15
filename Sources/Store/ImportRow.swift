public import OCI
public import TagHistory

/// One observation of a file to import.
public struct ImportRow: Sendable {
    public let reference: TagReference
    public let observation: Observation

    public init(reference: TagReference, observation: Observation) {
        self.reference = reference
        self.observation = observation
    }

    /// It would stand above everything that is checked until then. Clocks may differ by some minutes.
    public func isFuture(at now: Timestamp) -> Bool { observation.observedAt > now.advanced(bySeconds: 300) }
}
