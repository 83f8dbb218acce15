import LibPQ
import OCI

struct HasLayers: Statement {
    let digest: Digest
    static let sql: SQL = """
        SELECT EXISTS (SELECT FROM contents c JOIN digests d ON d.id = c.digest_id
            WHERE d.digest = $1 AND c.layers IS NOT NULL)
        """
    func bind(_ parameters: inout Parameters) { parameters.append(digest) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

struct DeletePlatforms: Statement {
    typealias Row = Never
    let digest: Digest
    static let sql: SQL = """
        DELETE FROM digest_platforms dp USING digests d WHERE d.digest = $1 AND dp.index_id = d.id
        """
    func bind(_ parameters: inout Parameters) { parameters.append(digest) }
}

struct InsertDigestPlatforms: Statement {
    typealias Row = Never
    let rows: [(index: Digest, entry: PlatformDigest)]
    static let sql: SQL = """
        INSERT INTO digest_platforms (index_id, manifest_id, platform_id)
        SELECT DISTINCT x.id, m.id, p.id FROM unnest($1::bytea[], $2::bytea[], $3::text[]) i (index, manifest, platform)
        JOIN digests x ON x.digest = i.index JOIN digests m ON m.digest = i.manifest
        JOIN platforms p ON p.name = i.platform
        ORDER BY 1, 3, 2
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(rows.map(\.index))
        parameters.append(rows.map(\.entry.digest))
        parameters.append(rows.map(\.entry.platform.description))
    }
}

/// An image that was read for its layers alone has the platform that its index says.
struct InheritPlatform: Statement {
    typealias Row = Never
    let digest: Digest
    static let sql: SQL = """
        INSERT INTO digest_platforms (index_id, manifest_id, platform_id)
        SELECT d.id, d.id, dp.platform_id FROM digests d JOIN digest_platforms dp ON dp.manifest_id = d.id
        WHERE d.digest = $1 AND NOT EXISTS (SELECT FROM digest_platforms o WHERE o.index_id = d.id)
        ORDER BY dp.platform_id LIMIT 1
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(digest) }
}

/// The content itself and the images of it that were read.
struct InsertContents: Statement {
    typealias Row = Never
    let content: Content
    static let sql: SQL = """
        INSERT INTO contents (digest_id, state, unnamed_platforms, layers)
        SELECT d.id, 1, i.unnamed, i.layers FROM unnest($1::bytea[], $2::boolean[], $3::bytea[]) i (digest, unnamed, layers)
        JOIN digests d ON d.digest = i.digest
        ORDER BY d.id
        ON CONFLICT (digest_id) DO UPDATE SET state = 1, unnamed_platforms = excluded.unnamed_platforms,
            layers = COALESCE(excluded.layers, contents.layers), reason = NULL
        """
    func bind(_ parameters: inout Parameters) {
        let images = content.images.map { ($0.digest, false, Optional($0.fingerprint)) }
        let rows =
            content.isIndex
            ? [(content.digest, content.hasUnnamedPlatforms, nil)] + images.filter { $0.0 != content.digest } : images
        parameters.append(rows.map(\.0))
        parameters.append(rows.map(\.1))
        parameters.append(rows.map(\.2))
    }
}

struct InsertTold: Statement {
    typealias Row = Never
    let digests: [Digest]
    static let sql: SQL =
        "INSERT INTO contents (digest_id, state) SELECT d.id, 2 FROM " + DigestRows.named
        + " ORDER BY d.id ON CONFLICT DO NOTHING"
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
}

struct InsertUnknown: Statement {
    typealias Row = Never
    let digestID: Int32
    let isGone: Bool
    let reason: String
    static let sql: SQL = """
        INSERT INTO contents (digest_id, state, reason) VALUES ($1, $2, $3)
        ON CONFLICT (digest_id) DO UPDATE SET reason = excluded.reason WHERE contents.state = 2
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(digestID)
        parameters.append(isGone ? 3 : 4 as Int16)
        parameters.append(reason)
    }
}

/// Of some digests those that are known by name alone.
struct SelectWithoutContent: Statement {
    let digests: [Digest]
    static let sql: SQL =
        "SELECT d.digest FROM " + DigestRows.named
        + " WHERE NOT EXISTS (SELECT FROM contents c WHERE c.digest_id = d.id)"
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Digest { try row.next() }
}
