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
    /// Per tag: its repository, when it is known from, and where its changes begin in `changes`.
    var repository: [Int32] = []
    var listed: [Int64] = []
    var firstChange: [Int32] = []
    /// In order of time for each tag.
    var changes: [Int64] = []

    /// Whole days from its first line to its last.
    public var days: Int { Int((end - start) / 86_400) }
    public var tags: Int { listed.count }
    public var numberOfChanges: Int { changes.count }

    public init() {}

    /// Where a tag's changes end in `changes`.
    func endOfChanges(of tag: Int) -> Int {
        tag + 1 < firstChange.count ? Int(firstChange[tag + 1]) : changes.count
    }
}
