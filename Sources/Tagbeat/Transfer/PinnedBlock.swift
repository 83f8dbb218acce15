import OCI

/// A pinned tag beside the name of its image, as Helm's values and kustomizations have them:
/// ```yaml
/// image:
///   repository: library/python
///   tag: 3.12@sha256:…
/// ```
struct PinnedBlock {
    private var indentation = 0
    /// By key: `registry`, `repository` and the like.
    private var names: [String: String] = [:]
    private var tags: [(tag: String, digest: Digest)] = []

    /// The first that is there names the image.
    private static let nameKeys = ["repository", "newName", "name", "image"]
    private static let tagKeys: Set<String> = ["tag", "newTag"]

    /// Takes in a line, which may end a block of keys.
    /// - Parameter counts: false for what stands around a change: it names an image, but pins nothing.
    mutating func take(_ line: ArraySlice<UInt8>, counts: Bool) -> Set<GitPins.Pin> {
        guard line.count <= 500, let entry = Entry(line) else { return [] }
        if entry.indentation > indentation, !names.isEmpty || !tags.isEmpty { return [] }
        var ended: Set<GitPins.Pin> = []
        if entry.indentation != indentation || entry.isItem || names[entry.key] != nil { ended = end() }
        indentation = entry.indentation
        if Self.tagKeys.contains(entry.key) {
            guard counts else { return ended }
            PinScanner.forEachDigest(in: Array(entry.value.utf8)[...]) { name, digest in
                tags.append((String(decoding: name, as: UTF8.self), digest))
            }
        } else if !entry.value.isEmpty, entry.key == "registry" || Self.nameKeys.contains(entry.key) {
            names[entry.key] = entry.value
        }
        return ended
    }

    /// The pins of the block, which ends here.
    mutating func end() -> Set<GitPins.Pin> {
        defer { (names, tags) = ([:], []) }
        guard !tags.isEmpty, let key = Self.nameKeys.first(where: { names[$0] != nil }), let name = names[key] else {
            return []
        }
        let full = names["registry"].map { "\($0)/\(name)" } ?? name
        return Set(
            tags.compactMap { tag, digest in
                guard let reference = try? TagReference(parsing: "\(full):\(tag)") else { return nil }
                return GitPins.Pin(reference: reference, digest: digest)
            })
    }

    /// `key: value`, or `- key: value`.
    private struct Entry {
        var indentation: Int
        let isItem: Bool
        let key: String
        let value: String

        init?(_ line: ArraySlice<UInt8>) {
            var rest = line.drop { $0 == 0x20 }
            indentation = rest.startIndex - line.startIndex
            isItem = rest.starts(with: "- ".utf8)
            if isItem {
                rest = rest.dropFirst(2).drop { $0 == 0x20 }
                indentation = rest.startIndex - line.startIndex
            }
            guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            key = String(decoding: rest[..<colon], as: UTF8.self)
            // A comment, then spaces and quotes.
            var text = rest[(colon + 1)...]
            if let comment = text.firstRange(of: Array(" #".utf8)) { text = text[..<comment.lowerBound] }
            let isAround: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0D || $0 == 0x22 || $0 == 0x27 }
            text = text.drop(while: isAround)
            while let last = text.last, isAround(last) { text.removeLast() }
            value = String(decoding: text, as: UTF8.self)
        }
    }
}
