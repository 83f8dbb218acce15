import Foundation

/// A part of an import, sorted: in memory, or in a file of which one piece at a time is in memory.
///
/// In a file each row stands behind its length, so that a piece can end anywhere.
struct SpooledRun {
    private var bytes: [UInt8]
    private var position = 0
    private let file: FileHandle?
    /// The next row.
    private(set) var head: SpooledRow?

    private static let piece = 1 << 16

    init(sorted bytes: [UInt8]) throws {
        self.bytes = bytes
        file = nil
        try advance()
    }

    init(file url: URL) throws {
        bytes = []
        file = try FileHandle(forReadingFrom: url)
        try advance()
    }

    mutating func advance() throws {
        try fill(4)
        guard bytes.count - position >= 4 else {
            head = nil
            return
        }
        let length = Self.length(bytes, at: position)
        try fill(4 + length)
        guard bytes.count - position >= 4 + length else { throw CocoaError(.fileReadCorruptFile) }
        var start = position + 4
        head = SpooledRow(bytes, at: &start)
        position += 4 + length
    }

    private mutating func fill(_ count: Int) throws {
        while bytes.count - position < count, let more = try file?.read(upToCount: Self.piece), !more.isEmpty {
            bytes.removeFirst(position)
            position = 0
            bytes.append(contentsOf: more)
        }
    }

    static func length(_ bytes: [UInt8], at position: Int) -> Int {
        (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
    }
}

/// Rows on their way into a run.
struct RowBuffer {
    private(set) var bytes: [UInt8] = []
    private var starts: [Int] = []

    mutating func append(_ row: ImportRow) {
        starts.append(bytes.count)
        bytes.append(contentsOf: [0, 0, 0, 0])
        let start = bytes.count
        SpooledRow.append(row, to: &bytes)
        let length = bytes.count - start
        for place in 0..<4 { bytes[start - 4 + place] = UInt8(truncatingIfNeeded: length >> (24 - 8 * place)) }
    }

    /// By reference; rows of one reference in the order in which they came. Empties the buffer.
    mutating func takeSorted() -> [UInt8] {
        defer {
            bytes.removeAll(keepingCapacity: true)
            starts.removeAll(keepingCapacity: true)
        }
        var sorted: [UInt8] = []
        sorted.reserveCapacity(bytes.count)
        bytes.withUnsafeBytes { bytes in
            func key(_ start: Int) -> UnsafeRawBufferPointer {
                let length = Int(bytes[start + 4]) << 8 | Int(bytes[start + 5])
                return UnsafeRawBufferPointer(rebasing: bytes[(start + 6)..<(start + 6 + length)])
            }
            starts.sort { left, right in
                let order = compare(key(left), key(right))
                return order == 0 ? left < right : order < 0
            }
            for start in starts {
                let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
                sorted.append(contentsOf: bytes[start..<start + 4 + length])
            }
        }
        return sorted
    }
}

/// Below, at or above 0, as memcmp, a part standing before the whole.
func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    if count > 0, let first = left.baseAddress, let second = right.baseAddress {
        let order = memcmp(first, second, count)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}
