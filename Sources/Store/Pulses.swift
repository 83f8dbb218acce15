import LibPQ
import OCI
public import TagHistory

extension TagStore {
    /// What lists show of tags' histories; of those that were never seen there is none.
    public func pulses(of tags: [TrackedTag]) async throws -> [Int32: Pulse] {
        guard !tags.isEmpty else { return [:] }
        var pulses: [Int32: Pulse] = [:]
        for row in try await keyedReads.run(SelectPulses(ids: tags.map(\.id))).rows { pulses[row.id] = row.pulse }
        // As long as summaries follow another definition.
        let unknown = tags.filter { $0.firstSeenAt != nil && pulses[$0.id] == nil }
        guard !unknown.isEmpty else { return pulses }
        let histories = try await outlines(of: unknown.map(\.id))
        for tag in unknown {
            pulses[tag.id] = Pulse(history: histories[tag.id] ?? [], firstSeenAt: tag.firstSeenAt)
        }
        return pulses
    }
}

struct SelectPulses: Statement {
    let ids: [Int32]
    static let sql: SQL = "SELECT id, pulse FROM tags WHERE id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (id: Int32, pulse: Pulse?) {
        let id: Int32 = try row.next()
        let bytes: ByteString? = try row.next()
        return (id, bytes.flatMap { Pulse(bytes: $0.bytes) })
    }
}
