import Foundation

/// What this process may use.
enum Memory {
    /// Bytes: the machine's, or the container's where it has fewer.
    static var available: UInt64 {
        let limit = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
        let container = limit.flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        return min(ProcessInfo.processInfo.physicalMemory, container ?? .max)
    }
}
