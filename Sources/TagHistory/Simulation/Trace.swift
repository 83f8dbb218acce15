/// When each of many tags was first listed and when it changed, by repository: data/README.md's format.
///
/// Times are whole seconds since 1970. A tag that is delisted keeps its digest in the registry, as the tags of Docker's
/// official images do: it goes on being checked, costs requests, and may change again.
public struct Trace: Sendable {
    /// The first time in the trace.
    public internal(set) var start: Int64 = 0
    /// The end of the last whole day from there that any line lies in.
    public internal(set) var end: Int64 = 0
    public internal(set) var repositories = 0
    public internal(set) var registries = 0
    /// Per repository.
    var registry: [Int32] = []
    /// Per tag: its repository, when it is known from, and where its changes begin in `changes`.
    var repository: [Int32] = []
    var listed: [Int64] = []
    var firstChange: [Int32] = []
    /// In order of time for each tag.
    var changes: [Int64] = []
    /// Likewise when it was listed no more, until it changes again.
    var firstDelisting: [Int32] = []
    var delistings: [Int64] = []

    /// Whole days from its first line to its last.
    public var days: Int { Int((end - start) / 86_400) }
    public var tags: Int { listed.count }
    public var numberOfChanges: Int { changes.count }

    public init() {}

    /// Tags in the order in which they became known.
    var order: [Int32] {
        (0..<Int32(tags)).sorted { (listed[Int($0)], $0) < (listed[Int($1)], $1) }
    }

    /// A trace for each registry, with the begin and the end of this one.
    var lanes: [Trace] {
        guard registries > 1 else { return [self] }
        var lanes: [Trace] = []
        for number in 0..<Int32(registries) {
            var lane = Trace()
            (lane.start, lane.end, lane.registries) = (start, end, 1)
            var last: Int32?
            for tag in 0..<tags where registry[Int(repository[tag])] == number {
                if repository[tag] != last {
                    last = repository[tag]
                    lane.repositories += 1
                    lane.registry.append(0)
                }
                lane.repository.append(Int32(lane.repositories - 1))
                lane.listed.append(listed[tag])
                lane.firstChange.append(Int32(lane.changes.count))
                lane.changes += changes[Int(firstChange[tag])..<endOfChanges(of: tag)]
                lane.firstDelisting.append(Int32(lane.delistings.count))
                lane.delistings += delistings(of: tag)
            }
            lanes.append(lane)
        }
        return lanes
    }

    /// Where a tag's changes end in `changes`.
    func endOfChanges(of tag: Int) -> Int {
        tag + 1 < firstChange.count ? Int(firstChange[tag + 1]) : changes.count
    }

    private func delistings(of tag: Int) -> ArraySlice<Int64> {
        let end = tag + 1 < firstDelisting.count ? Int(firstDelisting[tag + 1]) : delistings.count
        return delistings[Int(firstDelisting[tag])..<end]
    }

    /// Whether a tag was listed throughout a span of time.
    func isListed(_ tag: Int, from begin: Int64, until end: Int64) -> Bool {
        guard listed[tag] <= begin else { return false }
        let delistings = delistings(of: tag)
        if delistings.contains(where: { $0 > begin && $0 <= end }) { return false }
        guard let last = delistings.last(where: { $0 <= begin }) else { return true }
        return changes[Int(firstChange[tag])..<endOfChanges(of: tag)].contains { $0 > last && $0 <= begin }
    }
}
