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

    /// What is wrong with its time, if anything. One to come would stand above everything that is checked until then;
    /// clocks may differ by some minutes. One before 1970 is a clock's mistake, and stands for none in lists.
    public func mistakeOfTime(at now: Timestamp) -> String? {
        if observation.observedAt > now.advanced(bySeconds: 300) { return "lies in the future" }
        return observation.observedAt.microseconds <= 0 ? "lies before 1970" : nil
    }
}
