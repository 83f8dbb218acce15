import LibPQ
import OCI

extension Connection {
    /// The identifiers of digests, made where they are new. A media type fills in where none was known; a known one
    /// stays.
    func digestIDs(of found: [(digest: Digest, mediaType: MediaType?)]) async throws -> [Digest: Int32] {
        guard !found.isEmpty else { return [:] }
        var mediaTypes: [Digest: MediaType] = [:]
        for case (let digest, let mediaType?) in found where mediaTypes[digest] == nil {
            mediaTypes[digest] = mediaType
        }
        let digests = Set(found.map(\.digest)).sorted()
        let known = try await run(SelectDigestIDs(digests: digests)).rows
        var ids = Dictionary(uniqueKeysWithValues: known.map { ($0.digest, $0.id) })
        let new = digests.filter { ids[$0] == nil }
        let untyped = known.filter { !$0.hasMediaType && mediaTypes[$0.digest] != nil }.map(\.digest)
        let types = Set((new + untyped).compactMap { mediaTypes[$0] }).sorted { $0.description < $1.description }
        if !types.isEmpty { try await run(InsertMediaTypes(mediaTypes: types)) }
        if !new.isEmpty {
            for row in try await run(InsertDigests(digests: new, mediaTypes: new.map { mediaTypes[$0] })).rows {
                ids[row.digest] = row.id
            }
            // Made by others at the same moment.
            let others = new.filter { ids[$0] == nil }
            if !others.isEmpty {
                for row in try await run(SelectDigestIDs(digests: others)).rows { ids[row.digest] = row.id }
            }
        }
        if !untyped.isEmpty {
            try await run(SetMediaTypes(digests: untyped, mediaTypes: untyped.map { mediaTypes[$0] }))
        }
        return ids
    }
}

/// Rows `d` of digests by their names.
enum DigestRows {
    /// Of those in `$1`, which names each once. Not by `= ANY`: what comes out of a hash index is compared again, with
    /// each of them.
    static let named: SQL = "unnest($1::bytea[]) n (digest) JOIN digests d ON d.digest = n.digest"
}

/// What a digest begins with, which tells it from every other: nobody can make another that begins alike. A tag's row keeps
/// it of the newest digest borne once its media type is known.
struct DigestHead: Equatable, Sendable, PostgresEncodable, PostgresDecodable {
    private let bytes: [UInt8]

    init(_ digest: Digest) { bytes = Array(digest.bytes.prefix(16)) }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Of a row `d` of digests, which may be null.
    static let column: SQL = "CASE WHEN d.media_type_id IS NOT NULL THEN substring(d.digest FROM 1 FOR 16) END"

    static var postgresType: PostgresType { .bytea }
    static func accepts(_ type: PostgresType) -> Bool { type == .bytea }
    func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: bytes) }
    static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> DigestHead? {
        DigestHead(bytes: Array(bytes))
    }
}

struct InsertMediaTypes: Statement {
    typealias Row = Never
    let mediaTypes: [MediaType]
    static let sql: SQL = """
        INSERT INTO media_types (name)
        SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM media_types m WHERE m.name = n)
        ORDER BY n COLLATE "C"
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) { parameters.append(mediaTypes) }
}

/// In the digests' order, so that two workers that insert the same ones wait for each other instead of deadlocking.
struct InsertDigests: Statement {
    let digests: [Digest]
    let mediaTypes: [MediaType?]
    static let sql: SQL = """
        INSERT INTO digests (digest, media_type_id)
        SELECT i.digest, m.id FROM unnest($1::bytea[], $2::text[]) i (digest, media_type)
        LEFT JOIN media_types m ON m.name = i.media_type
        ORDER BY i.digest
        ON CONFLICT DO NOTHING
        RETURNING digest, id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(digests)
        parameters.append(mediaTypes)
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (digest: Digest, id: Int32) {
        (try row.next(), try row.next())
    }
}

struct SelectDigestIDs: Statement {
    struct Row: Sendable {
        let digest: Digest
        let id: Int32
        let hasMediaType: Bool
    }
    let digests: [Digest]
    static let sql: SQL = "SELECT d.digest, d.id, d.media_type_id IS NOT NULL FROM " + DigestRows.named
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        Row(digest: try row.next(), id: try row.next(), hasMediaType: try row.next())
    }
}

/// What an import knew by its digest alone gets its media type from the first check.
struct SetMediaTypes: Statement {
    typealias Row = Never
    let digests: [Digest]
    let mediaTypes: [MediaType?]
    static let sql: SQL =
        "WITH untyped AS MATERIALIZED (SELECT d.id, d.digest FROM " + DigestRows.named + """
             WHERE d.media_type_id IS NULL ORDER BY d.digest FOR NO KEY UPDATE OF d)
            UPDATE digests d SET media_type_id = m.id
            FROM untyped, unnest($1::bytea[], $2::text[]) i (digest, media_type)
            JOIN media_types m ON m.name = i.media_type
            WHERE d.id = untyped.id AND i.digest = untyped.digest
            """
    func bind(_ parameters: inout Parameters) {
        parameters.append(digests)
        parameters.append(mediaTypes)
    }
}
