import OCI

/// How a pulse is stored: some four bytes for a push. What is told of each is how long it was after the one before and how
/// long nobody had looked, in steps of ``stepSeconds``, and in seconds of the newest.
///
/// After a byte with the version come bits, the highest of a byte first. Numbers are exponential Golomb codes, whose order
/// for each of the two kinds of distances is the one that takes the fewest bits: ITU-T H.264, 9.1.
extension Pulse {
    /// To be raised with every change of what the bytes mean.
    private static let version: UInt8 = 2
    private static let orderBits = 5
    private static let timeBits = 40
    /// Of the seconds within a step.
    fileprivate static let restBits = 9
    /// Of seconds between times that have nothing to do with each other, and of small numbers.
    fileprivate static let (farOrder, fewOrder) = (16, 3)

    public var bytes: [UInt8] {
        var bits = BitWriter(version: Self.version)
        let stored = pushes.enumerated().map { StoredPush($1, isNewest: $0 == pushes.count - 1) }
        let distances = zip(stored, stored.dropFirst()).map { UInt64(max(0, $1.step - $0.step)) }
        let order = BitWriter.bestOrder(of: distances)
        let backOrder = BitWriter.bestOrder(of: stored.flatMap(\.distances))
        bits.write(UInt64(order), bits: Self.orderBits)
        bits.write(UInt64(backOrder), bits: Self.orderBits)
        bits.write(UInt64(changes), order: Self.fewOrder)
        // Each time by itself follows from another, mostly from the newest push.
        let start = ownSince ?? lastRowAt ?? Timestamp(seconds: 0)
        bits.write(UInt64(clamping: start.wholeSeconds + 1 << (Self.timeBits - 1)), bits: Self.timeBits)
        bits.write(ownSince != nil)
        bits.write(UInt64(stored.count), order: Self.fewOrder)
        for (index, push) in stored.enumerated() {
            if index == 0 {
                bits.write(signed: push.step - start.wholeSteps, order: Self.farOrder)
                bits.write(UInt64(push.kind), bits: 8)
            } else {
                bits.write(distances[index - 1], order: order)
                let isAsBefore = push.kind == stored[index - 1].kind
                bits.write(isAsBefore)
                if !isAsBefore { bits.write(UInt64(push.kind), bits: 8) }
            }
            for distance in push.distances { bits.write(distance, order: backOrder) }
            if push.isOfMany { bits.write(UInt64(push.changes), order: Self.fewOrder) }
        }
        if let newest = stored.last { for rest in newest.seconds { bits.write(UInt64(rest), bits: Self.restBits) } }
        var clock = pushes.last?.mark.observedAt.wholeSeconds ?? start.wholeSeconds
        for time in [lastRowAt, newestSeenAt, missingSince] {
            bits.write(time != nil)
            guard let time else { continue }
            bits.write(signed: time.wholeSeconds - clock, order: 0)
            clock = time.wholeSeconds
        }
        let spans = [gaps.map { ($0.lowerBound, $0.upperBound) }, absences.map { ($0.from, $0.until ?? $0.from) }]
        for list in spans {
            bits.write(UInt64(list.count), order: 0)
            for (from, to) in list {
                bits.write(signed: from.wholeSeconds - clock, order: Self.farOrder)
                bits.write(UInt64(max(0, to.wholeSeconds - from.wholeSeconds)), order: Self.farOrder)
                clock = max(from, to).wholeSeconds
            }
        }
        bits.write(absences.last.map { $0.until == nil } ?? false)
        return bits.bytes
    }

    /// Nil for what another version of the program wrote, and for what nobody did.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.first == Self.version else { return nil }
        var reader = BitReader(bytes)
        let order = Int(reader.bits(Self.orderBits))
        let backOrder = Int(reader.bits(Self.orderBits))
        changes = reader.count()
        let start = Timestamp(seconds: Int64(reader.bits(Self.timeBits)) - 1 << (Self.timeBits - 1))
        ownSince = reader.flag() ? start : nil
        pushes = []
        let count = reader.count()
        // Each takes three bits or more.
        guard count <= bytes.count * 8 / 3 else { return nil }
        pushes.reserveCapacity(count)
        var (step, kind): (Int64, UInt8) = (start.wholeSteps, 0)
        for index in 0..<count {
            step += index == 0 ? reader.signed(order: Self.farOrder) : reader.distance(order: order)
            if index == 0 || !reader.flag() { kind = UInt8(reader.bits(8)) }
            guard
                let push = StoredPush.read(
                    step: step, kind: kind, isNewest: index == count - 1, from: &reader, order: backOrder)
            else { return nil }
            pushes.append(push)
        }
        var clock = pushes.last?.mark.observedAt.wholeSeconds ?? start.wholeSeconds
        func time() -> Timestamp? {
            guard reader.flag() else { return nil }
            clock += reader.signed(order: 0)
            return reader.moment(clock)
        }
        (lastRowAt, newestSeenAt, missingSince) = (time(), time(), time())
        func spans() -> [(from: Timestamp, to: Timestamp)] {
            var list: [(from: Timestamp, to: Timestamp)] = []
            let count = reader.count(order: 0)
            while list.count < count, reader.isSound {
                let from = reader.moment(clock + reader.signed(order: Self.farOrder))
                clock = from.wholeSeconds + reader.distance(order: Self.farOrder)
                list.append((from, reader.moment(clock)))
            }
            return reader.isSound ? list : []
        }
        gaps = spans().map { $0.from..<$0.to }
        absences = spans().map { Absence(from: $0.from, until: $0.to) }
        if reader.flag(), let last = absences.last {
            absences[absences.count - 1] = Absence(from: last.from, until: nil)
        }
        guard reader.isRead else { return nil }
    }
}

/// A push as it is written.
private struct StoredPush {
    /// Of the observation, since 1970.
    let step: Int64
    /// Its outcome, its source, and what is known of it.
    let kind: UInt8
    /// Steps back to the last observation of what was before, and to the time of the push, where they are known.
    let distances: [UInt64]
    let changes: Int
    /// Of the newest push, within their steps: of the observation and of what the distances lead to.
    let seconds: [Int64]

    private static let outcomes: [HistoryMark.Outcome] = [.update, .flap, .revert, .other]
    private static let (hasNotBefore, hasTime, many): (UInt8, UInt8, UInt8) = (32, 64, 128)

    var isOfMany: Bool { kind & Self.many != 0 }

    init(_ push: Pulse.Push, isNewest: Bool) {
        let mark = push.mark
        let times = [push.notBefore, mark.notBefore == nil ? mark.at : nil]
        kind =
            UInt8(Self.outcomes.firstIndex(of: mark.outcome) ?? 0) | UInt8(mark.source.rawValue) << 2
            | (times[0] == nil ? 0 : Self.hasNotBefore) | (times[1] == nil ? 0 : Self.hasTime)
            | (mark.changes == 1 ? 0 : Self.many)
        step = mark.observedAt.wholeSteps
        distances = times.compactMap { [step] time in time.map { UInt64(max(0, step - $0.wholeSteps)) } }
        changes = mark.changes
        seconds =
            isNewest
            ? ([mark.observedAt] + times.compactMap(\.self)).map { $0.wholeSeconds - $0.wholeSteps * Pulse.stepSeconds }
            : []
    }

    /// A line of a list reads dozens of them, so nothing is allocated.
    static func read(
        step: Int64, kind: UInt8, isNewest: Bool, from reader: inout BitReader, order: Int
    ) -> Pulse.Push? {
        guard let source = Source(rawValue: Int16(kind >> 2 & 7)) else { return nil }
        let unseen = kind & hasNotBefore == 0 ? nil : reader.distance(order: order)
        let age = kind & hasTime == 0 ? nil : reader.distance(order: order)
        let changes = kind & many == 0 ? 1 : reader.count()
        func time(_ step: Int64) -> Timestamp {
            reader.moment(step * Pulse.stepSeconds + (isNewest ? Int64(reader.bits(Pulse.restBits)) : 0))
        }
        let observedAt = time(step)
        let notBefore = unseen.map { time(step - $0) }
        let pushedAt = age.map { time(step - $0) }
        guard reader.isSound, notBefore.map({ $0 <= observedAt }) ?? true else { return nil }
        return Pulse.Push(
            HistoryMark(
                outcome: outcomes[Int(kind & 3)], at: pushedAt ?? observedAt,
                notBefore: pushedAt == nil ? notBefore : nil, observedAt: observedAt, source: source, changes: changes),
            notBefore: notBefore)
    }
}

private struct BitWriter {
    private(set) var bytes: [UInt8]
    /// Of the last byte.
    private var free = 0

    init(version: UInt8) { bytes = [version] }

    mutating func write(_ bit: Bool) { write(bit ? 1 : 0, bits: 1) }

    mutating func write(_ value: UInt64, bits: Int) {
        var left = bits
        while left > 0 {
            if free == 0 {
                bytes.append(0)
                free = 8
            }
            let count = min(free, left)
            let part = UInt8(truncatingIfNeeded: value >> UInt64(left - count)) & UInt8((1 << count) - 1)
            bytes[bytes.count - 1] |= part << UInt8(free - count)
            (free, left) = (free - count, left - count)
        }
    }

    mutating func write(_ value: UInt64, order: Int) {
        let length = Self.length(value, order)
        write(0, bits: length)
        write(value >> UInt64(order) + 1, bits: length + 1)
        write(value, bits: order)
    }

    /// With the sign in the lowest bit.
    mutating func write(signed value: Int64, order: Int) {
        write(UInt64(bitPattern: value << 1 ^ value >> 63), order: order)
    }

    /// How many zeros a code begins with.
    private static func length(_ value: UInt64, _ order: Int) -> Int {
        63 - (value >> UInt64(order) + 1).leadingZeroBitCount
    }

    static func bestOrder(of values: [UInt64]) -> Int {
        (0...20).min { first, second in bits(values, first) < bits(values, second) } ?? 0
    }

    private static func bits(_ values: [UInt64], _ order: Int) -> Int {
        values.reduce(0) { $0 + 2 * length($1, order) + order }
    }
}

private struct BitReader {
    /// With zeros behind the end, so that eight can be read from each.
    private let bytes: [UInt8]
    /// In bits; the first is behind the version.
    private let end: Int
    private var place = 8
    private(set) var isSound = true

    init(_ bytes: [UInt8]) {
        self.bytes = bytes + repeatElement(0, count: 8)
        end = bytes.count * 8
    }

    /// To the end, and nothing but what could be written.
    var isRead: Bool { isSound && end - place < 8 }

    /// What follows, from the highest bit on: 57 bits or more.
    private var next: UInt64 {
        bytes.withUnsafeBytes {
            UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: place >> 3, as: UInt64.self)) << UInt64(place & 7)
        }
    }

    /// - Parameter count: at most 57.
    mutating func bits(_ count: Int) -> UInt64 {
        guard isSound, place + count <= end else {
            isSound = false
            return 0
        }
        defer { place += count }
        return next >> UInt64(64 - count)
    }

    mutating func flag() -> Bool { bits(1) == 1 }

    private mutating func number(order: Int) -> UInt64 {
        let zeros = next.leadingZeroBitCount
        // No time and no number is as large.
        guard zeros + order < 48, place + zeros < end else {
            isSound = false
            return 0
        }
        place += zeros
        let (high, low) = (bits(zeros + 1), bits(order))
        return isSound ? (high - 1) << UInt64(order) | low : 0
    }

    mutating func distance(order: Int) -> Int64 { Int64(number(order: order)) }

    mutating func signed(order: Int) -> Int64 {
        let value = number(order: order)
        return Int64(value >> 1) ^ -Int64(value & 1)
    }

    mutating func count(order: Int = Pulse.fewOrder) -> Int {
        let value = number(order: order)
        if value > UInt64(Int32.max) { isSound = false }
        return isSound ? Int(value) : 0
    }

    /// Of that many seconds since 1970, which is some thousand years at most.
    mutating func moment(_ seconds: Int64) -> Timestamp {
        if seconds.magnitude > 1 << 40 { isSound = false }
        return Timestamp(seconds: isSound ? seconds : 0)
    }
}
