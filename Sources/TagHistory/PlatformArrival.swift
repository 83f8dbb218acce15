public import OCI

/// How a platform takes part in a tag's updates: a push of several platforms arrives piece by piece.
public struct PlatformArrival: Hashable, Sendable {
    public let platform: Platform
    /// Updates that brought another image for it.
    public let updates: Int
    public let lastAt: Timestamp
    /// The median time that it came after the first platform of its update, in seconds; 0 for the first itself.
    public let medianDelaySeconds: Double

    /// - Returns: for each platform that an update is known to have touched, in the order in which they usually come.
    public static func all(in counted: CountedRows) -> [PlatformArrival] {
        let rows = counted.rows
        var delays: [Platform: [Double]] = [:]
        var last: [Platform: Timestamp] = [:]
        for (mark, places) in HistoryMark.episodes(in: counted) where mark.outcome == .update {
            let begin = rows[places.lowerBound].countedAt
            var touched: Set<Platform> = []
            for place in places where rows[place].kind == .rebuild {
                let time = rows[place].countedAt
                for platform in rows[place].platforms where touched.insert(platform).inserted {
                    delays[platform, default: []].append(max(0, time.seconds(since: begin)))
                    last[platform] = time
                }
            }
        }
        return delays.compactMap { platform, delays in
            guard let lastAt = last[platform], let median = OrderStatistics.median(delays.sorted()) else { return nil }
            return PlatformArrival(
                platform: platform, updates: delays.count, lastAt: lastAt, medianDelaySeconds: median)
        }.sorted { ($0.medianDelaySeconds, $0.platform) < ($1.medianDelaySeconds, $1.platform) }
    }
}
