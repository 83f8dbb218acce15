import OCI
import Store
import TagHistory

/// The pins `image:tag@sha256:…` in lines that commits added, read from `git log` as `GitHistory` asks for it.
struct GitPins {
    /// A line of this byte and the commit's time, in seconds since 1970, begins a commit: no line of a diff begins so.
    static let commitMark: UInt8 = 0x01

    private let now: Timestamp
    private var commitTime: Timestamp?
    /// From `diff --git` to the first `@@`, where `+++` names a file.
    private var isInHeader = false
    private(set) var commits = 0
    /// Pins without a tag, or whose name is none.
    private(set) var unusable = 0

    init(now: Timestamp) { self.now = now }

    /// What a line of the log tells: nothing, mostly.
    mutating func take(_ line: ArraySlice<UInt8>) -> [ImportRow] {
        guard let first = line.first else { return [] }
        if first == Self.commitMark {
            commits += 1
            let seconds = Int64(String(decoding: line.dropFirst().prefix(20), as: UTF8.self))
            // A commit from the future would stand above everything that is checked until then; one from before there
            // were containers comes of a clock that was not set.
            commitTime = seconds.map { Timestamp(seconds: min(max($0, 0), 1 << 40)) }
                .flatMap { $0 <= now && $0 >= Timestamp(seconds: 1_362_096_000) ? $0 : nil }
            return []
        }
        switch first {
        case UInt8(ascii: "d"): isInHeader = true
        case UInt8(ascii: "@"): isInHeader = false
        default: break
        }
        guard first == UInt8(ascii: "+"), !isInHeader, let commitTime else { return [] }
        var rows: [ImportRow] = []
        for pin in pins(in: line.dropFirst()) {
            rows.append(
                ImportRow(
                    reference: pin.reference,
                    observation: Observation(digest: pin.digest, observedAt: commitTime, source: .imported)))
        }
        return rows
    }

    private mutating func pins(in line: ArraySlice<UInt8>) -> [(reference: TagReference, digest: Digest)] {
        var found: [(TagReference, Digest)] = []
        var rest = line
        while let mark = rest.firstRange(of: Self.mark) {
            let hex = rest[mark.upperBound...].prefix { $0.isHex }
            let name = Self.name(before: mark.lowerBound, in: line)
            rest = rest[hex.endIndex...]
            guard hex.count == 64, !name.isEmpty else { continue }
            let text = String(decoding: name, as: UTF8.self)
            guard let reference = try? Reference(parsing: text + "@sha256:" + String(decoding: hex, as: UTF8.self)),
                let tag = reference.tag, let digest = reference.digest
            else {
                unusable += 1
                continue
            }
            found.append((TagReference(repository: reference.repository, tag: tag), digest))
        }
        return found
    }

    private static let mark = [UInt8]("@sha256:".utf8)
    private static let schemes = [[UInt8]("docker://".utf8), [UInt8]("oci://".utf8), [UInt8]("https://".utf8)]
    /// Longer than any name with its tag.
    private static let longest = 512

    /// What stands before the digest, as far as a name may reach. Brackets are an IPv6 host's.
    private static func name(before end: Int, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var start = end
        while start > line.startIndex, end - start < longest, line[start - 1].isPartOfName { start -= 1 }
        let name = line[start..<end]
        return schemes.firstNonNil { scheme in name.firstRange(of: scheme).map { name[$0.upperBound...] } } ?? name
    }
}

extension Sequence {
    fileprivate func firstNonNil<Value>(_ transform: (Element) -> Value?) -> Value? {
        lazy.compactMap(transform).first
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
