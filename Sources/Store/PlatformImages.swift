import LibPQ
import OCI
public import TagHistory

extension TagStore {
    /// What is known of the platforms of every digest that a tag has borne.
    public func platformImages(of tag: TrackedTag) async throws -> PlatformImages {
        var contents: [Digest: [PlatformDigest]] = [:]
        for row in try await pool.run(SelectPlatformImages(tagID: tag.id)).rows {
            contents[row.digest, default: []] += row.image.map { [$0] } ?? []
        }
        return PlatformImages(contents)
    }
}

/// A row for each image; without one for an index that has none. What does not tell all of its platforms is left out.
struct SelectPlatformImages: Statement {
    let tagID: Int32
    static let sql: SQL = """
        SELECT d.digest, p.name, m.digest
        FROM (SELECT DISTINCT h.digest_id FROM changes h WHERE h.tag_id = $1 AND h.ordinal >= 0) b
        JOIN contents c ON c.digest_id = b.digest_id AND c.state IN (1, 2) AND NOT c.unnamed_platforms
        JOIN digests d ON d.id = b.digest_id
        LEFT JOIN digest_platforms dp ON dp.index_id = d.id
        LEFT JOIN platforms p ON p.id = dp.platform_id LEFT JOIN digests m ON m.id = dp.manifest_id
        WHERE c.layers IS NULL OR dp.index_id IS NOT NULL
        """
    func bind(_ parameters: inout Parameters) { parameters.append(tagID) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (digest: Digest, image: PlatformDigest?) {
        let digest: Digest = try row.next()
        let name: String? = try row.next()
        let manifest: Digest? = try row.next()
        guard let platform = name.flatMap({ Platform(parsing: $0) }), let manifest else { return (digest, nil) }
        return (digest, PlatformDigest(platform: platform, digest: manifest))
    }
}
