import OCI

/// What is wrong with a trace.
public struct TraceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1; nil where it is the whole.
    public let line: Int?
    public let reason: String
    public var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}

/// Reads a trace line by line: `image,tag,epoch,kind` behind a line with these words.
///
/// Each image's lines stand together, each tag's within them, ordered by time and begun by `B` or `N`.
public struct TraceReader: Sendable {
    /// Beyond this a trace would no longer fit into narrow indices, nor its simulation into memory.
    static let mostTags = 5_000_000
    static let mostChanges = 50_000_000
    static let mostLines = 200_000_000
    static let longestName = 255
    /// The year 9999.
    static let latest: Int64 = 253_402_300_799
    static let longestDays: Int64 = 36_525

    private var trace = Trace()
    /// Lines read so far.
    public private(set) var lines = 0
    private var earliest = Int64.max
    private var newest = Int64.min
    private var image: [UInt8] = []
    private var tag: [UInt8] = []
    private var time: Int64 = 0
    private var images: Set<[UInt8]> = []
    private var tagsOfImage: Set<[UInt8]> = []
    private var registries: [Registry: Int32] = [:]

    public init() {}

    /// - Throws: what is wrong with the line and what would be right.
    public mutating func read(_ bytes: ArraySlice<UInt8>) throws(TraceError) {
        lines += 1
        guard lines <= Self.mostLines else { throw wrong("more than \(Self.mostLines) lines") }
        let text = bytes.last == 0x0D ? bytes.dropLast() : bytes
        if lines == 1 {
            guard text.elementsEqual("image,tag,epoch,kind".utf8) else {
                throw wrong("a trace begins with the line “image,tag,epoch,kind”")
            }
            return
        }
        if text.isEmpty { return }
        let fields = text.split(separator: 0x2C, maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 4 else { throw wrong("not four fields: image,tag,epoch,kind") }
        guard !fields[0].isEmpty, fields[0].count <= Self.longestName else { throw wrong("no image's name") }
        guard !fields[1].isEmpty, fields[1].count <= Self.longestName else { throw wrong("no tag's name") }
        guard let epoch = Self.number(fields[2]) else { throw wrong("the epoch is no number of seconds") }
        guard fields[3].count == 1, let kind = fields[3].first else { throw wrong("the kind is not B, N, D or C") }
        try enter(image: fields[0], tag: fields[1], kind: kind, at: epoch)
        guard newest - earliest <= Self.longestDays * 86_400 else { throw wrong("more than 100 years in one trace") }
    }

    /// A line that was too long to be kept.
    public mutating func readTooLong() throws(TraceError) {
        lines += 1
        throw wrong("longer than any line of a trace")
    }

    /// - Throws: that there is nothing in the trace.
    public consuming func finish() throws(TraceError) -> Trace {
        guard !trace.listed.isEmpty else { throw TraceError(line: nil, reason: "the trace has no tags") }
        trace.start = earliest
        trace.end = earliest + max(1, (newest - earliest + 86_399) / 86_400) * 86_400
        return trace
    }

    private mutating func enter(
        image name: ArraySlice<UInt8>, tag tagName: ArraySlice<UInt8>, kind: UInt8, at epoch: Int64
    ) throws(TraceError) {
        if !name.elementsEqual(image) {
            image = Array(name)
            guard images.insert(image).inserted else { throw wrong("unsorted: an image's lines must stand together") }
            tagsOfImage = []
            tag = []
            trace.repositories += 1
            trace.registry.append(registry(of: image))
        }
        let isNew = !tagName.elementsEqual(tag)
        if isNew {
            tag = Array(tagName)
            guard tagsOfImage.insert(tag).inserted else { throw wrong("unsorted: a tag's lines must stand together") }
        } else {
            guard epoch >= time else { throw wrong("unsorted: earlier than the line before") }
        }
        time = epoch
        earliest = min(earliest, epoch)
        newest = max(newest, epoch)
        switch kind {
        case UInt8(ascii: "B"), UInt8(ascii: "N"):
            guard isNew else { throw wrong("a tag is first listed once, in its first line") }
            guard trace.tags < Self.mostTags else { throw wrong("more than \(Self.mostTags) tags") }
            trace.repository.append(Int32(trace.repositories - 1))
            trace.listed.append(epoch)
            trace.firstChange.append(Int32(trace.changes.count))
            trace.firstDelisting.append(Int32(trace.delistings.count))
        case UInt8(ascii: "C"), UInt8(ascii: "D"):
            guard !isNew else { throw wrong("a tag begins with B or N") }
            guard trace.changes.count + trace.delistings.count < Self.mostChanges else {
                throw wrong("more than \(Self.mostChanges) changes")
            }
            if kind == UInt8(ascii: "C") { trace.changes.append(epoch) } else { trace.delistings.append(epoch) }
        default: throw wrong("the kind is not B, N, D or C")
        }
    }

    /// A name that no registry would know is as good as Docker Hub's: the trace may come from anywhere.
    private mutating func registry(of image: [UInt8]) -> Int32 {
        let name = (try? Repository(parsing: String(decoding: image, as: UTF8.self)))?.registry ?? .dockerHub
        if let number = registries[name] { return number }
        let number = Int32(registries.count)
        registries[name] = number
        trace.registries = registries.count
        return number
    }

    private func wrong(_ reason: String) -> TraceError { TraceError(line: lines, reason: reason) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 12 else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value <= latest ? value : nil
    }
}
