import OCI

/// Finds `image:tag@sha256:…` in a line of any file.
enum PinScanner {
    /// - Returns: the pins, and how many others have no tag or no name that can be one.
    static func pins(in line: ArraySlice<UInt8>) -> (pins: [GitPins.Pin], unusable: Int) {
        var pins: [GitPins.Pin] = []
        var unusable = 0
        forEachDigest(in: line) { name, digest in
            // Behind a variable the name is only a part of one.
            let isCut = name.startIndex > line.startIndex && "$}%)@".utf8.contains(line[name.startIndex - 1])
            let text = String(decoding: stripped(name), as: UTF8.self)
            // A tag alone is YAML's: PinnedBlock looks for its image.
            guard text.utf8.contains(UInt8(ascii: ":")) || text.utf8.contains(UInt8(ascii: "/")) else { return }
            guard !isCut, let reference = try? Reference(parsing: "\(text)@\(digest)"), let tag = reference.tag else {
                unusable += 1
                return
            }
            pins.append(
                GitPins.Pin(reference: TagReference(repository: reference.repository, tag: tag), digest: digest))
        }
        return (pins, unusable)
    }

    /// Calls `body` with what stands before each digest, as far as a name may reach. Brackets are an IPv6 host's.
    static func forEachDigest(in line: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, Digest) -> Void) {
        var rest = line
        while let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            rest = rest[(at + 1)...]
            guard rest.starts(with: mark) else { continue }
            let hex = rest.dropFirst(mark.count).prefix { $0.isHex }
            guard hex.count == 64, let digest = try? Digest(parsing: "sha256:" + String(decoding: hex, as: UTF8.self))
            else { continue }
            var start = at
            while start > line.startIndex, at - start < longest, line[start - 1].isPartOfName { start -= 1 }
            if start < at { body(line[start..<at], digest) }
            rest = rest[hex.endIndex...]
        }
    }

    private static let mark = Array("sha256:".utf8)
    /// Longer than any name with its tag.
    private static let longest = 512

    /// Without `docker://` before it, nor the variable of `${IMAGE:-python:3.12@sha256:…}`.
    private static func stripped(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var name = name
        for mark in [Array("://".utf8), Array(":-".utf8)] {
            if let range = name.firstRange(of: mark) { name = name[range.upperBound...] }
        }
        return name
    }
}

extension UInt8 {
    fileprivate var isHex: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self) }

    fileprivate var isPartOfName: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "._-/:[]".utf8.contains(self)
        }
    }
}
