import LibPQ
public import OCI

extension TagStore {
    /// What is known of several tags, tracked or not; those that never were tracked are left out.
    public func tags(named references: [TagReference]) async throws -> [TrackedTag] {
        guard !references.isEmpty else { return [] }
        return try await keyedReads.run(SelectTagsNamed(references: Set(references).sorted())).rows
    }

    /// For each digest that an index holds, the indexes that hold it.
    public func holders(ofEach digests: [Digest]) async throws -> [Digest: [Digest]] {
        guard !digests.isEmpty else { return [:] }
        let rows = try await keyedReads.run(SelectHoldersOfEach(digests: Set(digests).sorted())).rows
        return Dictionary(grouping: rows, by: \.digest).mapValues { $0.map(\.index) }
    }
}

struct SelectTagsNamed: Statement {
    let references: [TagReference]
    static let sql: SQL = "SELECT " + TrackedTag.columns + " FROM " + TagKeys.named + TrackedTag.joins
    func bind(_ parameters: inout Parameters) { parameters.append(references) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> TrackedTag { try TrackedTag.decode(&row) }
}

struct SelectHoldersOfEach: Statement {
    let digests: [Digest]
    static let sql: SQL =
        "SELECT d.digest, x.digest FROM " + DigestRows.named
        + " JOIN digest_platforms dp ON dp.manifest_id = d.id JOIN digests x ON x.id = dp.index_id"
    func bind(_ parameters: inout Parameters) { parameters.append(digests) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (digest: Digest, index: Digest) {
        (try row.next(), try row.next())
    }
}
