struct LineTooLong: Error, CustomStringConvertible {
    /// Bytes.
    let limit: Int

    var description: String { "longer than \(limit) bytes" }
}

/// Cuts bytes into lines without their line feeds. A mark of UTF-8 before the first one, as spreadsheets write it, is left
/// out.
struct LineSplitter {
    typealias Line = Result<ArraySlice<UInt8>, LineTooLong>

    let maximumLength: Int
    private(set) var lines: [Line] = []
    private var rest: [UInt8] = []
    private var isTooLong = false
    private var isFirst = true

    init(maximumLength: Int) { self.maximumLength = maximumLength }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            extend(bytes[start..<end])
            endLine()
            start = end + 1
        }
        extend(bytes[start...])
    }

    /// The mark stands on a line of its own behind everything else.
    mutating func removeEndMark() -> Bool {
        guard case .success(let last)? = lines.last, last.elementsEqual([0x04]) else { return false }
        lines.removeLast()
        return true
    }

    /// Nil where there are none, which is the end. The last one is kept while it may be the end mark.
    mutating func takeLines(keepingLast: Bool) -> [Line]? {
        guard !lines.isEmpty else { return nil }
        let kept = keepingLast ? lines.suffix(1) : []
        defer { lines = Array(kept) }
        return lines.dropLast(kept.count)
    }

    private mutating func extend(_ bytes: Slice<UnsafeRawBufferPointer>) {
        isTooLong = isTooLong || rest.count + bytes.count > maximumLength
        if isTooLong { rest = [] } else { rest.append(contentsOf: bytes) }
    }

    private mutating func endLine() {
        let line = isFirst && rest.starts(with: [0xEF, 0xBB, 0xBF]) ? rest[3...] : rest[...]
        lines.append(isTooLong ? .failure(LineTooLong(limit: maximumLength)) : .success(line))
        isFirst = false
        rest = []
        isTooLong = false
    }
}
