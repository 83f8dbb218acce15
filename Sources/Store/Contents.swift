import Crypto
import LibPQ
public import OCI
import TagHistory

extension TagStore {
    /// Whether an image's layers are known, so that it need not be read.
    public func knowsLayers(of digest: OCI.Digest) async throws -> Bool {
        try await pool.first(HasLayers(digest: digest)) ?? false
    }

    /// Stores what was read, and says of every change that this decides what it was.
    ///
    /// - Parameter content: nil where a claim is settled already, and only its changes wait to be looked at.
    public func record(_ content: Content?, of claim: ContentClaim, at now: Timestamp) async throws {
        if let content { try await pool.retryingTransaction { try await $0.write(content) } }
        try await classifyChanges(around: [claim.digest] + (content?.images.map(\.digest) ?? []), at: now)
        try await pool.run(FinishContent(claim: claim, now: now))
    }

    /// Stores that a digest's content will never be known.
    /// - Parameters:
    ///   - isGone: the registry has it no more; else it was tried often enough.
    ///   - reason: cleaned text, safe to show.
    public func giveUp(_ claim: ContentClaim, isGone: Bool, reason: String, at now: Timestamp) async throws {
        try await pool.run(InsertUnknown(digestID: claim.digestID, isGone: isGone, reason: reason))
        try await pool.run(FinishContent(claim: claim, now: now))
    }

    /// Takes over what a vendor's listing says of indexes' platforms, where nothing is known of them yet. It costs no
    /// request, and decides all kinds of changes but `noop`.
    public func takeListed(_ listed: [OCI.Digest: [PlatformDigest]], at now: Timestamp) async throws {
        let listed = listed.mapValues { $0.filter { !$0.platform.isUnknown } }
            .filter { !$0.value.isEmpty && $0.value.count <= Content.maximumPlatforms }
        guard !listed.isEmpty else { return }
        let unknown = try await pool.run(SelectWithoutContent(digests: listed.keys.sorted())).rows
        guard !unknown.isEmpty else { return }
        try await pool.retryingTransaction { connection in
            try await connection.writePlatforms(
                Dictionary(unknown.map { ($0, listed[$0] ?? []) }, uniquingKeysWith: { $1 }))
            try await connection.run(InsertTold(digests: unknown.sorted()))
        }
        try await classifyChanges(around: unknown, at: now)
    }
}

extension Connection {
    func write(_ content: Content) async throws {
        let own = content.platforms.isEmpty ? [:] : [content.digest: content.platforms]
        let alone = content.images.compactMap { image -> (OCI.Digest, [PlatformDigest])? in
            guard image.digest != content.digest,
                let platform = content.platforms.first(where: { $0.digest == image.digest })
            else { return nil }
            return (image.digest, [platform])
        }
        _ = try await digestIDs(of: [(content.digest, content.mediaType)])
        // What was read counts, whatever a listing told.
        if content.isIndex { try await run(DeletePlatforms(digest: content.digest)) }
        try await writePlatforms(own.merging(alone) { first, _ in first })
        try await run(InsertContents(content: content))
        if content.platforms.isEmpty, !content.isIndex { try await run(InheritPlatform(digest: content.digest)) }
        try await run(InsertFacts(facts: content.images.map { ($0.digest, $0.facts) }.filter { !$0.1.isEmpty }))
        guard content.isIndex else { return }
        var facts = content.facts
        if let principal = content.platforms.principal?.digest,
            let said = try await first(SelectFacts(digests: [principal]))?.facts
        {
            facts = facts.completed(by: said)
        }
        if !facts.isEmpty { try await run(InsertFacts(facts: [(content.digest, facts)])) }
    }

    /// Indexes' platforms with their manifests; single images' own.
    func writePlatforms(_ platforms: [OCI.Digest: [PlatformDigest]]) async throws {
        let rows = platforms.flatMap { index, entries in entries.map { (index: index, entry: $0) } }
        guard !rows.isEmpty else { return }
        _ = try await digestIDs(of: rows.flatMap { [($0.index, nil), ($0.entry.digest, nil)] })
        _ = try await platformIDs(of: Set(rows.map(\.entry.platform)))
        try await run(InsertDigestPlatforms(rows: rows))
    }
}

extension Content.Image {
    /// 128 bits, against accident: who wants two of his own images to look alike can give them the same layers.
    var fingerprint: ByteString {
        guard !layers.isEmpty else { return ByteString([]) }
        var hash = SHA256()
        for layer in layers { hash.update(data: Array(layer.description.utf8) + [0]) }
        return ByteString(Array(hash.finalize().prefix(16)))
    }
}
