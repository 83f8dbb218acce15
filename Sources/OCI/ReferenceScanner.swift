/// Cuts a reference into its parts in one pass over its bytes.
/// https://github.com/distribution/reference/blob/main/reference.go
struct ReferenceScanner {
    let repository: Repository
    let tag: Tag?
    let digest: Digest?

    /// A host of 253, a repository of 255, a tag of 128 characters, a SHA-512 digest and what joins them.
    static let longest = 800

    init(_ text: some StringProtocol) throws(ReferenceError) {
        let bytes = try Self.bytes(of: text)
        guard !Self.isIdentifier(bytes) else { throw ReferenceError(.bareIdentifier, text) }
        let at = bytes.firstIndex(of: .at) ?? bytes.endIndex
        let name = bytes[..<at]
        let (registry, rest) = try Self.splitHost(name, in: text)
        let colon = rest.firstIndex(of: .colon) ?? rest.endIndex
        repository = try Repository(registry: registry, path: rest[..<colon], in: text)
        tag = colon < rest.endIndex ? try Tag(rest[(colon + 1)...], in: text) : nil
        digest = at < bytes.endIndex ? try Self.digest(bytes[(at + 1)...], in: text) : nil
    }

    /// The text's bytes, if it can be a reference at all; a megabyte of anything is refused after 800 bytes.
    static func bytes(of text: some StringProtocol) throws(ReferenceError) -> Bytes {
        let bytes =
            text.utf8.withContiguousStorageIfAvailable { Array($0.prefix(longest + 1)) }
            ?? Array(text.utf8.prefix(longest + 1))
        guard !bytes.isEmpty else { throw ReferenceError(.empty, text) }
        guard bytes.count <= longest else { throw ReferenceError(.tooLong, text) }
        var index = 0
        while index < bytes.count {
            guard bytes[index] > 0x20, bytes[index] < 0x7f else { throw ReferenceError(.badCharacter, text) }
            if bytes[index] == .colon, bytes[index...].starts(with: "://".utf8) { throw ReferenceError(.url, text) }
            index += 1
        }
        return bytes[...]
    }

    static func isIdentifier(_ bytes: Bytes) -> Bool {
        bytes.count == 64 && bytes.allSatisfy { $0.lowerCaseHexValue != nil }
    }

    private static func splitHost(
        _ name: Bytes, in text: some StringProtocol
    ) throws(ReferenceError) -> (Registry, Bytes) {
        guard let slash = name.firstIndex(of: .slash), HostGrammar.isHost(name[..<slash]) else {
            return (.dockerHub, name)
        }
        let host = name[..<slash]
        // By far the most frequent.
        if host.elementsEqual("docker.io".utf8) { return (.dockerHub, name[(slash + 1)...]) }
        return (try Registry(host, in: text), name[(slash + 1)...])
    }

    private static func digest(_ bytes: Bytes, in text: some StringProtocol) throws(ReferenceError) -> Digest {
        do {
            return try Digest(utf8: bytes, text: "")
        } catch {
            throw ReferenceError(.badDigest, text)
        }
    }
}
