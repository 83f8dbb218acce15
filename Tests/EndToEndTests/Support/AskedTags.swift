import OCI

/// When each tag was asked for, and what is wrong with that. Times are seconds since 1970. Pure.
struct AskedTags {
    /// By the tags' numbers, in the order of time.
    let byTag: [[Arrival]]
    let total: Int

    init(_ arrivals: [Arrival], tags: Int) {
        var byTag = [[Arrival]](repeating: [], count: tags)
        for arrival in arrivals { if let tag = arrival.tag, tag < tags { byTag[tag].append(arrival) } }
        self.byTag = byTag.map { $0.sorted { $0.at < $1.at } }
        total = byTag.reduce(0) { $0 + $1.count }
    }

    /// Two requests for one tag that follow each other sooner than its interval says.
    struct Repeat: Sendable {
        let tag: Int
        let first: Arrival
        let second: Arrival
    }

    func repeats(within seconds: Double) -> [Repeat] {
        byTag.indices.flatMap { tag in
            zip(byTag[tag], byTag[tag].dropFirst()).filter { $1.at - $0.at < seconds }.map {
                Repeat(tag: tag, first: $0, second: $1)
            }
        }
    }

    /// The most of so many times, in their order, within any stretch of so many seconds.
    static func most(of times: [Double], within seconds: Double) -> Int {
        var first = 0
        var most = 0
        for (index, time) in times.enumerated() {
            while time - times[first] > seconds { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    /// The longest time in which a tag was not asked for, but for the outages that lie in it, and which tag that was.
    func longestGap(from start: Double, to end: Double, but outages: [ClosedRange<Double>]) -> (
        tag: Int, seconds: Double
    ) {
        var longest = (tag: -1, seconds: 0.0)
        for tag in byTag.indices {
            let times = [start] + byTag[tag].map(\.at) + [end]
            for (from, to) in zip(times, times.dropFirst()) {
                let away = outages.reduce(0) { $0 + max(0, min(to, $1.upperBound) - max(from, $1.lowerBound)) }
                if to - from - away > longest.seconds { longest = (tag, to - from - away) }
            }
        }
        return longest
    }
}
