import Foundation

extension LaneSchedule {
    /// Requests a day that may be spent: nobody asks for every tag more often than every five minutes.
    /// - Parameter requestsPerSecond: zero or infinite where there is no limit.
    public static func requestsPerDay(atMost requestsPerSecond: Double, tags: Int) -> Double {
        let most = Double(max(1, tags)) / floorSeconds
        return 86_400 * (requestsPerSecond > 0 ? min(most, requestsPerSecond) : most)
    }

    /// Requests a day that tags would take by themselves with their intervals as they are. Those that listings answer for
    /// take none.
    public func requestsPerDay(of tags: some Sequence<TagSchedule>) -> Double {
        tags.reduce(0) { $1.reason == .sweep ? $0 : $0 + 1 / interval(pull: $1.pull) }
    }
}
