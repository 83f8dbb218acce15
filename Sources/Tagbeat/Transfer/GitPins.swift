import OCI
import Store
import TagHistory

/// The pins `image:tag@sha256:…` in lines that commits added, read from `git log` as `GitHistory` asks for it.
struct GitPins {
    /// A line of this byte and the commit's time, in seconds since 1970, begins a commit: no line of a diff begins so.
    static let commitMark: UInt8 = 0x01
    /// More is no history that somebody keeps, and would not fit into memory.
    static let limit = 1_000_000

    struct TooMany: Error {}

    struct Pin: Hashable {
        let reference: TagReference
        let digest: Digest
    }

    private let now: Timestamp
    private var commitTime: Timestamp?
    /// From `diff --git` to the first `@@`, where `+++` names a file.
    private var isInHeader = false
    private var added: Set<Pin> = []
    private var removed: Set<Pin> = []
    /// YAML's `repository` and `tag`, before and after the commit.
    private var blocks = (before: PinnedBlock(), after: PinnedBlock())
    private var rows: [(time: Timestamp, pin: Pin)] = []
    private(set) var commits = 0
    /// Pins without a tag, or whose name is none.
    private(set) var unusable = 0

    init(now: Timestamp) { self.now = now }

    /// Takes in a line of the log.
    mutating func take(_ line: ArraySlice<UInt8>) throws(TooMany) {
        guard let first = line.first else { return }
        switch first {
        case Self.commitMark:
            try endCommit()
            commits += 1
            commitTime = Self.time(line.dropFirst(), now: now)
        case UInt8(ascii: "d"):
            isInHeader = true
        case UInt8(ascii: "@"):
            isInHeader = false
            endHunk()
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: " "):
            guard !isInHeader, commitTime != nil else { return }
            takeContent(line.dropFirst(), first)
        default: break
        }
        if added.count > Self.limit { throw TooMany() }
    }

    /// All observations, by time. What was pinned at one time stands in an order of its own, not in that of the
    /// commits, so that theirs does not matter.
    mutating func finish() throws(TooMany) -> [ImportRow] {
        try endCommit()
        commitTime = nil
        rows.sort { ($0.time, $0.pin.reference, $0.pin.digest) < ($1.time, $1.pin.reference, $1.pin.digest) }
        return rows.map { row in
            ImportRow(
                reference: row.pin.reference,
                observation: Observation(digest: row.pin.digest, observedAt: row.time, source: .imported))
        }
    }

    /// A commit from the future would stand above everything that is checked until then; one from before there were
    /// containers comes of a clock that was not set.
    private static func time(_ digits: ArraySlice<UInt8>, now: Timestamp) -> Timestamp? {
        guard let seconds = Int64(String(decoding: digits.prefix(20), as: UTF8.self)) else { return nil }
        let time = Timestamp(seconds: seconds)
        return time <= now && time >= Timestamp(seconds: 1_362_096_000) ? time : nil
    }

    private mutating func takeContent(_ line: ArraySlice<UInt8>, _ sign: UInt8) {
        let (found, unusable) = PinScanner.pins(in: line)
        if sign == UInt8(ascii: "+") {
            self.unusable += unusable
            added.formUnion(found)
        } else if sign == UInt8(ascii: "-") {
            removed.formUnion(found)
        }
        let (isOld, isNew) = (sign != UInt8(ascii: "+"), sign != UInt8(ascii: "-"))
        if isNew { added.formUnion(blocks.after.take(line, counts: sign == UInt8(ascii: "+"))) }
        if isOld { removed.formUnion(blocks.before.take(line, counts: sign == UInt8(ascii: "-"))) }
    }

    private mutating func endHunk() {
        added.formUnion(blocks.after.end())
        removed.formUnion(blocks.before.end())
    }

    /// A pin that the commit only moved was not looked up anew: what it takes away and adds again tells nothing.
    private mutating func endCommit() throws(TooMany) {
        endHunk()
        if let commitTime {
            for pin in added where !removed.contains(pin) { rows.append((commitTime, pin)) }
        }
        added = []
        removed = []
        if rows.count > Self.limit { throw TooMany() }
    }
}
