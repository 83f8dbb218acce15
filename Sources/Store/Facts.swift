import LibPQ
public import OCI

extension TagStore {
    /// What images say of themselves, where they say anything and were read.
    public func facts(of digests: [Digest]) async throws -> [Digest: ImageFacts] {
        guard !digests.isEmpty else { return [:] }
        let rows = try await keyedReads.run(SelectFacts(digests: Set(digests).sorted())).rows
        return Dictionary(rows.map { ($0.digest, $0.facts) }, uniquingKeysWith: { $1 })
    }
}

extension ImageFacts {
    /// The columns of `f`, in the order in which ``decode(_:)`` reads them.
    static let columns: SQL = "f.created_at, f.version, f.revision, f.base_name, f.base_digest"

    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> ImageFacts {
        ImageFacts(
            created: try row.next(), version: try row.next(), revision: try row.next(), baseName: try row.next(),
            baseDigest: try row.next())
    }
}

struct SelectFacts: Statement {
    let digests: [Digest]
    static let sql: SQL =
        "SELECT d.digest, " + ImageFacts.columns + " FROM " + DigestRows.named
        + " JOIN content_facts f ON f.digest_id = d.id"
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (digest: Digest, facts: ImageFacts) {
        (try row.next(), try ImageFacts.decode(&row))
    }
}

/// What is told stays: an image read once more, as a part, says less.
struct InsertFacts: Statement {
    typealias Row = Never
    let facts: [(digest: Digest, facts: ImageFacts)]
    static let sql: SQL = """
        INSERT INTO content_facts (digest_id, created_at, version, revision, base_name, base_digest)
        SELECT d.id, i.created_at, i.version, i.revision, i.base_name, i.base_digest
        FROM unnest($1::bytea[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bytea[])
            i (digest, created_at, version, revision, base_name, base_digest)
        JOIN digests d ON d.digest = i.digest
        ORDER BY d.id
        ON CONFLICT DO NOTHING
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(facts.map(\.digest))
        parameters.append(facts.map(\.facts.created))
        parameters.append(facts.map(\.facts.version))
        parameters.append(facts.map(\.facts.revision))
        parameters.append(facts.map(\.facts.baseName))
        parameters.append(facts.map(\.facts.baseDigest))
    }
}
