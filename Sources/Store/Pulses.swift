import LibPQ
public import OCI
public import TagHistory

/// What a line of a list says of a tag.
public struct JudgedTag: Sendable {
    public let tag: TrackedTag
    public let pulse: Pulse
    public let judgement: Pulse.Judgement
}

extension TagStore {
    /// In the order of the tags. Whether newer versions of those came that are rebuilt no more, the database is asked once
    /// for all.
    public func judged(_ tags: [TrackedTag], asOf time: Timestamp) async throws -> [JudgedTag] {
        guard !tags.isEmpty else { return [] }
        let pulses = try await pulses(of: tags)
        return try await said(of: tags.map(\.reference), asOf: time, word: \.judgement.rhythm.word) {
            index, superseded in
            let (tag, pulse) = (tags[index], pulses[index])
            return JudgedTag(
                tag: tag, pulse: pulse,
                judgement: pulse.judged(
                    firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt, superseded: superseded,
                    asOf: time))
        }
    }

    /// Those that are not kept, as long as summaries follow another definition, are made from histories.
    private func pulses(of tags: [TrackedTag]) async throws -> [Pulse] {
        var kept: [Int32: Pulse] = [:]
        for tag in tags { kept[tag.id] = tag.pulse }
        let unread = tags.filter { $0.pulse == nil && $0.firstSeenAt != nil }.map(\.id)
        if !unread.isEmpty {
            for row in try await keyedReads.run(SelectPulses(ids: unread)).rows { kept[row.id] = row.pulse }
        }
        let unknown = tags.filter { $0.firstSeenAt != nil && kept[$0.id] == nil }
        let histories = unknown.isEmpty ? [:] : try await outlines(of: unknown.map(\.id))
        return tags.map { tag in
            kept[tag.id] ?? Pulse(history: histories[tag.id] ?? [], firstSeenAt: tag.firstSeenAt)
        }
    }
}

struct SelectPulses: Statement {
    struct Row: Sendable {
        let id: Int32
        let pulse: Pulse?
    }
    let ids: [Int32]
    static let sql: SQL = "SELECT id, pulse FROM tags WHERE id = ANY ($1)"
    func bind(_ parameters: inout Parameters) { parameters.append(ids) }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Row {
        let id: Int32 = try row.next()
        let bytes: ByteString? = try row.next()
        return Row(id: id, pulse: bytes.flatMap { Pulse(bytes: $0.bytes) })
    }
}
