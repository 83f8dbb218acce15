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
        let kept = Dictionary(
            try await keyedReads.run(SelectPulses(ids: tags.map(\.id))).rows.map { ($0.id, $0) },
            uniquingKeysWith: { $1 })
        let pulses = try await pulses(of: tags, kept: kept)
        func judged(_ index: Int, superseded: Bool) -> JudgedTag {
            let tag = tags[index]
            return JudgedTag(
                tag: tag, pulse: pulses[index],
                judgement: pulses[index].judged(
                    firstSeenAt: tag.firstSeenAt, lastSucceededAt: tag.lastSucceededAt, superseded: superseded,
                    asOf: time))
        }
        var all = tags.indices.map { judged($0, superseded: false) }
        let stopped = all.indices.filter { all[$0].judgement.rhythm.word == .stopped }
        let superseded = try await superseded(stopped.map { tags[$0].reference }, asOf: time)
        for index in stopped where superseded.contains(tags[index].reference) {
            all[index] = judged(index, superseded: true)
        }
        return all
    }

    /// Those that are not kept, as long as summaries follow another definition, are made from histories.
    private func pulses(of tags: [TrackedTag], kept: [Int32: SelectPulses.Row]) async throws -> [Pulse] {
        let unknown = tags.filter { $0.firstSeenAt != nil && kept[$0.id]?.pulse == nil }
        let histories = unknown.isEmpty ? [:] : try await outlines(of: unknown.map(\.id))
        return tags.map { tag in
            kept[tag.id]?.pulse ?? Pulse(history: histories[tag.id] ?? [], firstSeenAt: tag.firstSeenAt)
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
