import LibPQ
import OCI
import TagHistory

/// What is known of the contents of some digests.
struct Knowledge: Sendable {
    var contents: [Digest: KnownContent] = [:]
    /// Nothing more will be learnt of them by asking: they were read, or cannot be.
    var settled: Set<Digest> = []
    /// Manifests of which one knows that their layers cannot be had.
    var lost: Set<Digest> = []

    /// Nil where one of the two is not known.
    func classification(from old: Digest?, to new: Digest?) -> Classification? {
        guard let old, let new, let before = contents[old], let after = contents[new] else { return nil }
        return Classification(from: before, to: after)
    }

    /// The manifests whose layers are still to be read to decide a change; none where they would not decide it.
    func wanted(by classification: Classification) -> [Digest] {
        lost.isDisjoint(with: classification.undecided) ? classification.undecided : []
    }
}

extension Connection {
    func knowledge(of digests: Set<Digest>) async throws -> Knowledge {
        guard !digests.isEmpty else { return Knowledge() }
        var knowledge = Knowledge()
        for row in try await run(SelectKnowledge(digests: digests.sorted())).rows {
            if row.state != .told { knowledge.settled.insert(row.digest) }
            guard row.state.isKnown else { continue }
            var content =
                knowledge.contents[row.digest]
                ?? KnownContent(
                    isIndex: row.layers == nil, platforms: [], hasUnnamedPlatforms: row.hasUnnamedPlatforms)
            if let layers = row.layers { content.layers[row.digest] = layers }
            if let image = row.image {
                content.platforms.append(image)
                if image.digest == row.digest { content.isIndex = false }
                if let layers = row.imageLayers { content.layers[image.digest] = layers }
                if row.isImageLost { knowledge.lost.insert(image.digest) }
            }
            knowledge.contents[row.digest] = content
        }
        return knowledge
    }
}

enum ContentState: Int16, StoredAsNumber {
    case read = 1
    case told = 2
    case gone = 3
    case givenUp = 4

    var isKnown: Bool { self == .read || self == .told }
}

extension KnownContent.Layers {
    fileprivate init(_ bytes: ByteString) { self = bytes.bytes.isEmpty ? .none : .hash(bytes.bytes) }
}

/// A row for each image of each digest.
struct SelectKnowledge: Statement {
    struct Row: Sendable {
        let digest: Digest
        let state: ContentState
        let hasUnnamedPlatforms: Bool
        let layers: KnownContent.Layers?
        let image: PlatformDigest?
        let imageLayers: KnownContent.Layers?
        let isImageLost: Bool
    }
    let digests: [Digest]
    static let sql: SQL =
        """
        SELECT d.digest, c.state, c.unnamed_platforms, c.layers, p.name, m.digest, i.layers,
            COALESCE(i.state IN (3, 4), false) FROM\u{20}
        """ + DigestRows.named + """
             JOIN contents c ON c.digest_id = d.id LEFT JOIN digest_platforms dp ON dp.index_id = d.id
            LEFT JOIN platforms p ON p.id = dp.platform_id LEFT JOIN digests m ON m.id = dp.manifest_id
            LEFT JOIN contents i ON i.digest_id = dp.manifest_id
            """
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        let digest: Digest = try row.next()
        let state: ContentState = try row.next()
        let unnamed: Bool = try row.next()
        let layers: ByteString? = try row.next()
        let name: String? = try row.next()
        let manifest: Digest? = try row.next()
        let imageLayers: ByteString? = try row.next()
        var image: PlatformDigest?
        if let platform = name.flatMap({ Platform(parsing: $0) }), let manifest {
            image = PlatformDigest(platform: platform, digest: manifest)
        }
        return Row(
            digest: digest, state: state, hasUnnamedPlatforms: unnamed, layers: layers.map(KnownContent.Layers.init),
            image: image, imageLayers: imageLayers.map(KnownContent.Layers.init), isImageLost: try row.next())
    }
}
