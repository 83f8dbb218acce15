import LibPQ
import OCI
import TagHistory

extension ChangeRow {
    /// Where ``LibPQ/CopyRows/append(_:digestID:setID:)`` puts rows.
    static let copy: SQL = """
        COPY changes (observed_at, not_before, pushed_at, tag_id, digest_id, platform_set_id, ordinal, what)
        FROM STDIN (FORMAT binary)
        """
}

extension Connection {
    /// For many rows, in the order of the key.
    func copyIn(_ rows: [ChangeRow], digestIDs: [Digest: Int32], setIDs: [[Platform]: Int32]) async throws {
        var rest = rows[...]
        _ = try await copyIn(ChangeRow.copy) {
            guard !rest.isEmpty else { return nil }
            var copy = CopyRows()
            for row in rest.prefix(5_000) {
                copy.append(
                    row, digestID: row.change.digest.flatMap { digestIDs[$0] }, setID: setIDs[row.change.platforms])
            }
            rest = rest.dropFirst(5_000)
            return copy
        }
    }
}

extension CopyRows {
    mutating func append(_ row: ChangeRow, digestID: Int32?, setID: Int32?) {
        append(columns: 8) { fields in
            fields.append(row.change.observedAt)
            fields.append(row.change.notBefore)
            fields.append(row.change.pushedAt)
            fields.append(row.tagID)
            fields.append(digestID)
            fields.append(setID)
            fields.append(row.ordinal)
            fields.append(PackedChange(row.change))
        }
    }
}
