import OCI

/// How a pulse is stored: some 7 bytes for a push. Each time is told as the seconds since the one before.
extension Pulse {
    /// To be raised with every change of what the bytes mean.
    private static let version: UInt8 = 1

    public var bytes: [UInt8] {
        var writer = PulseWriter()
        writer.bytes.append(Self.version)
        writer.write(UInt64(changes))
        let times = [ownSince, lastRowAt, newestSeenAt, missingSince]
        let isMissing = absences.last?.until == nil && !absences.isEmpty
        writer.bytes.append(
            times.enumerated().reduce(isMissing ? 16 : 0) { $0 | ($1.element == nil ? 0 : 1 << UInt8($1.offset)) })
        for time in times.compactMap(\.self) { writer.write(time) }
        writer.write(UInt64(pushes.count))
        writer.clock = 0
        for push in pushes { writer.write(push) }
        writer.write(UInt64(gaps.count))
        for gap in gaps { writer.write(gap.lowerBound, gap.upperBound) }
        writer.write(UInt64(absences.count))
        for absence in absences { writer.write(absence.from, absence.until ?? absence.from) }
        return writer.bytes
    }

    /// Nil for what another version of the program wrote, and for what nobody did.
    public init?(bytes: some Sequence<UInt8>) {
        var reader = PulseReader(Array(bytes))
        guard reader.byte() == Self.version, let changes = reader.count(), let known = reader.byte() else { return nil }
        self.changes = changes
        func time(_ bit: UInt8) -> Timestamp? { known & 1 << bit == 0 ? nil : reader.time() }
        (ownSince, lastRowAt, newestSeenAt, missingSince) = (time(0), time(1), time(2), time(3))
        reader.clock = 0
        pushes = reader.list { $0.push() }
        gaps = reader.list { $0.span().map { $0..<$1 } }
        absences = reader.list { $0.span().map { Absence(from: $0, until: $1) } }
        if known & 16 != 0, let last = absences.last {
            absences[absences.count - 1] = Absence(from: last.from, until: nil)
        }
        guard reader.isRead else { return nil }
    }
}

/// The bits of a push's first byte: its outcome and its source beside them.
private enum PushBits {
    static let hasNotBefore: UInt8 = 32
    static let hasTime: UInt8 = 64
    static let isOfMany: UInt8 = 128
    static let outcomes: [HistoryMark.Outcome] = [.update, .flap, .revert, .other]
}

/// Unsigned numbers of seven bits a byte, the lowest first; signed ones with the sign in the lowest bit.
/// https://protobuf.dev/programming-guides/encoding/#varints
private struct PulseWriter {
    var bytes: [UInt8] = []
    var clock: Int64 = 0

    mutating func write(_ number: UInt64) {
        var rest = number
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ time: Timestamp) {
        let difference = time.wholeSeconds - clock
        write(UInt64(bitPattern: difference << 1 ^ difference >> 63))
        clock = time.wholeSeconds
    }

    mutating func write(_ from: Timestamp, _ to: Timestamp) {
        write(from)
        writeBack(from: to, to: from)
        clock = to.wholeSeconds
    }

    private mutating func writeBack(from time: Timestamp, to earlier: Timestamp) {
        write(UInt64(max(0, time.wholeSeconds - earlier.wholeSeconds)))
    }

    mutating func write(_ push: Pulse.Push) {
        let mark = push.mark
        let outcome = UInt8(PushBits.outcomes.firstIndex(of: mark.outcome) ?? 0)
        bytes.append(
            outcome | UInt8(mark.source.rawValue) << 2 | (push.notBefore == nil ? 0 : PushBits.hasNotBefore)
                | (mark.notBefore == nil ? PushBits.hasTime : 0) | (mark.changes == 1 ? 0 : PushBits.isOfMany))
        // In order, and none before 1970.
        write(UInt64(max(0, mark.observedAt.wholeSeconds - clock)))
        clock = max(clock, mark.observedAt.wholeSeconds)
        if let notBefore = push.notBefore { writeBack(from: mark.observedAt, to: notBefore) }
        if mark.notBefore == nil { writeBack(from: mark.observedAt, to: mark.at) }
        if mark.changes != 1 { write(UInt64(mark.changes)) }
    }
}

private struct PulseReader {
    private let bytes: [UInt8]
    private var place = 0
    private var isSound = true
    var clock: Int64 = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// To the end, and nothing but what could be written.
    var isRead: Bool { isSound && place == bytes.count }

    mutating func byte() -> UInt8? {
        guard place < bytes.count else {
            isSound = false
            return nil
        }
        place += 1
        return bytes[place - 1]
    }

    mutating func number() -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while let next = byte() {
            value |= UInt64(next & 127) << shift
            if next < 128 { return value }
            shift += 7
            if shift > 56 { break }
        }
        isSound = false
        return 0
    }

    mutating func count() -> Int? {
        let value = number()
        if value > UInt64(Int32.max) { isSound = false }
        return isSound ? Int(value) : nil
    }

    /// Of that many seconds since 1970, which is some thousand years at most.
    private mutating func moment(_ seconds: Int64) -> Timestamp {
        if seconds.magnitude > 1 << 40 { isSound = false }
        return Timestamp(seconds: isSound ? seconds : 0)
    }

    mutating func time() -> Timestamp {
        let value = number()
        let time = moment(clock &+ (Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)))
        clock = time.wholeSeconds
        return time
    }

    private mutating func back(from time: Timestamp) -> Timestamp {
        moment(time.wholeSeconds &- Int64(bitPattern: number()))
    }

    mutating func span() -> (Timestamp, Timestamp)? {
        let from = time()
        let to = moment(from.wholeSeconds &+ Int64(bitPattern: number()))
        clock = to.wholeSeconds
        return isSound && from <= to ? (from, to) : nil
    }

    mutating func push() -> Pulse.Push? {
        guard let bits = byte(), let source = Source(rawValue: Int16(bits >> 2 & 7)) else { return nil }
        let observedAt = moment(clock &+ Int64(bitPattern: number()))
        clock = observedAt.wholeSeconds
        let notBefore = bits & PushBits.hasNotBefore == 0 ? nil : back(from: observedAt)
        let hasTime = bits & PushBits.hasTime != 0
        let at = hasTime ? back(from: observedAt) : observedAt
        let changes = bits & PushBits.isOfMany == 0 ? 1 : count() ?? 0
        let mark = HistoryMark(
            outcome: PushBits.outcomes[Int(bits & 3)], at: at, notBefore: hasTime ? nil : notBefore,
            observedAt: observedAt, source: source, changes: changes)
        return isSound ? Pulse.Push(mark, notBefore: notBefore) : nil
    }

    /// As many as it says; each takes a byte or more.
    mutating func list<Item>(_ read: (inout PulseReader) -> Item?) -> [Item] {
        guard let count = count(), count <= bytes.count - place else {
            isSound = false
            return []
        }
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            guard let item = read(&self) else {
                isSound = false
                return items
            }
            items.append(item)
        }
        return items
    }
}
