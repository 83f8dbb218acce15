import LibPQ
public import OCI
public import TagHistory

/// A tag with the history that its statistics speak of: its own, or one platform's.
public struct TagRecord: Sendable {
    public let tag: TrackedTag
    /// Oldest first.
    public let history: [Change]
    public let firstSeenAt: Timestamp?

    public init(_ tag: TrackedTag, history: [Change]) {
        self.init(tag, history: history, firstSeenAt: tag.firstSeenAt)
    }

    /// - Parameter firstSeenAt: where the history is one platform's, its own first sighting.
    public init(_ tag: TrackedTag, history: [Change], firstSeenAt: Timestamp?) {
        self.tag = tag
        self.history = history
        self.firstSeenAt = firstSeenAt
    }

    /// As far as it was known at a time in the past; what is true by now (its state, why it fails) stays as it is.
    public func known(at time: Timestamp) -> TagRecord {
        let history = history.filter { $0.observedAt <= time }
        let firstSeenAt = firstSeenAt.flatMap { $0 > time ? nil : $0 }
        // What only an image's own date tells of is no digest that the tag bore.
        let newest = firstSeenAt == nil ? nil : history.last { $0.digest != nil }
        let missing = Self.missing(in: history)
        // Before the next change began, somebody may have looked.
        let seenUntil = missing?.notBefore ?? self.history.first { $0.observedAt > time }?.notBefore
        let known = TrackedTag(
            id: tag.id, reference: tag.reference, state: tag.state, digest: missing == nil ? newest?.digest : nil,
            mediaType: newest?.mediaType, platforms: newest?.digest == tag.digest ? tag.platforms : [],
            trackedSince: tag.trackedSince, firstSeenAt: firstSeenAt,
            lastCheckedAt: watchedSince > time ? nil : tag.lastCheckedAt.map { min($0, time) },
            lastSucceededAt: newest.flatMap { newest in
                tag.lastSucceededAt.map { max(newest.observedAt, min($0, seenUntil ?? time, time)) }
            },
            lastChangedAt: CountedRows(history, firstSeenAt: firstSeenAt).changes.last?.observedAt,
            lastPushedAt: newest?.pushedAt, nextCheckAt: tag.nextCheckAt,
            lastError: tag.lastError)
        return TagRecord(known, history: history, firstSeenAt: firstSeenAt)
    }

    /// Since when it is checked by ourselves, as far as is known.
    private var watchedSince: Timestamp {
        Pulse.watchedSince(tracked: tag.trackedSince, own: Pulse.ownSince(history, firstSeenAt: firstSeenAt))
    }

    /// The same, or itself where no time is named.
    public func asOf(_ past: Timestamp?) -> TagRecord { past.map(known) ?? self }

    /// Since when the registry has had no such tag; nil where it has it.
    public var goneSince: Timestamp? { Self.missing(in: history)?.observedAt }

    private static func missing(in history: [Change]) -> Change? {
        history.last { $0.kind != .same }.flatMap { $0.kind == .missing ? $0 : nil }
    }

    /// The rows of its history that count.
    public var counted: CountedRows { CountedRows(history, firstSeenAt: firstSeenAt) }

    public var pulse: Pulse { Pulse(history: history, firstSeenAt: firstSeenAt) }

    /// What its history shows, oldest first.
    public var marks: [HistoryMark] { HistoryMark.all(in: counted) }

    /// Which digests it bore, oldest first.
    public var bearings: [Bearing] {
        Bearing.all(in: history, firstSeenAt: firstSeenAt, lastSucceededAt: tag.lastSucceededAt)
    }

    func statistics(superseded: Bool, asOf time: Timestamp) -> Statistics {
        Statistics(
            changes: history, firstSeenAt: firstSeenAt, lastSucceededAt: tag.lastSucceededAt, superseded: superseded,
            asOf: time)
    }
}

extension TagStore {
    /// Tags with outlines of their histories, for statistics, in their order.
    public func records(of tags: [TrackedTag]) async throws -> [TagRecord] {
        let histories = tags.isEmpty ? [:] : try await outlines(of: tags.map(\.id))
        return tags.map { TagRecord($0, history: histories[$0.id] ?? []) }
    }

    /// The same with their whole histories.
    public func wholeRecords(of tags: [TrackedTag]) async throws -> [TagRecord] {
        let histories = tags.isEmpty ? [:] : try await histories(of: tags.map(\.id))
        return tags.map { TagRecord($0, history: histories[$0.id] ?? []) }
    }

    /// A tag as it was known to be, or itself where no time is named.
    public func known(_ tag: TrackedTag, asOf past: Timestamp?) async throws -> TrackedTag {
        guard past != nil else { return tag }
        return TagRecord(tag, history: try await history(of: tag.id)).asOf(past).tag
    }

    /// What everybody shows of many tags, in their order. Only where some are rebuilt no more the database is asked, once
    /// for all, whether newer versions of them came.
    public func statistics(of records: [TagRecord], asOf time: Timestamp) async throws -> [Statistics] {
        try await said(of: records.map(\.tag.reference), asOf: time, word: \.rhythm.word) { index, superseded in
            records[index].statistics(superseded: superseded, asOf: time)
        }
    }

    /// What is said of each reference: anew of those that seem stopped and are superseded.
    func said<Item>(
        of references: [TagReference], asOf time: Timestamp, word: (Item) -> Rhythm.Word?,
        _ say: (_ index: Int, _ superseded: Bool) -> Item
    ) async throws -> [Item] {
        var all = references.indices.map { say($0, false) }
        let stopped = all.indices.filter { word(all[$0]) == .stopped }
        let superseded = try await superseded(stopped.map { references[$0] }, asOf: time)
        for index in stopped where superseded.contains(references[index]) { all[index] = say(index, true) }
        return all
    }

    public func statistics(of record: TagRecord, asOf time: Timestamp) async throws -> Statistics {
        try await statistics(of: [record], asOf: time)[0]
    }

    func superseded(_ references: [TagReference], asOf time: Timestamp) async throws -> Set<TagReference> {
        guard !references.isEmpty else { return [] }
        return try await keyedReads.superseded(references, asOf: time)
    }
}

extension StatementRunner {
    /// Those of which the repository has a newer tag of the same shape. What was not seen by then, or is missing now,
    /// supersedes nothing.
    func superseded(_ references: [TagReference], asOf time: Timestamp) async throws -> Set<TagReference> {
        let asked = references.compactMap { reference in ShapeRange(reference).map { (reference, range: $0) } }
        let ranges = Array(Set(asked.map(\.range)))
        guard !ranges.isEmpty else { return [] }
        var names: [[String]] = Array(repeating: [], count: ranges.count)
        for row in try await run(SelectOfShapes(ranges: ranges, seenBy: time)).rows {
            names[row.range].append(row.name)
        }
        var newest = Dictionary(uniqueKeysWithValues: zip(ranges, names.map(NewestVersions.init)))
        return Set(asked.filter { newest[$0.range]?.supersede($0.0.tag) ?? false }.map(\.0))
    }
}

/// Where the names of a shape's tags lie among a repository's, and what they look like.
struct ShapeRange: Hashable {
    let repository: Repository
    let from: String
    let to: String
    /// For LIKE. Others may look so, too.
    let pattern: String

    /// Nil where the tag bears no version.
    init?(_ reference: TagReference) {
        guard let version = TagVersion(reference.tag) else { return nil }
        // After the prefix comes a digit; `:` is the next character after `9`.
        repository = reference.repository
        from = version.prefix + "0"
        to = version.prefix + ":"
        // Pre-releases stand behind a number, so what stands for the number covers them.
        pattern = Self.likePattern(version.shape.pattern.escapedForLike)
    }

    /// With `%` for each part that stands for a number.
    private static func likePattern(_ shape: String) -> String {
        var rest = Array(shape.utf8)[...]
        var pattern: [UInt8] = []
        while let next = rest.first {
            let part = numbers.first { rest.starts(with: $0) }
            pattern.append(part == nil ? next : UInt8(ascii: "%"))
            rest = rest.dropFirst(part?.count ?? 1)
        }
        return String(decoding: pattern, as: UTF8.self)
    }

    private static let numbers = ["YYYY", "MM", "DD", "hhmm", "ss", "#"].map { Array($0.utf8) }
}

/// Of each shape the last 5,000 by name: no repository is known to have as many that are of one. What is there now was seen
/// by now, give or take a minute, so that only a time in the past has to be compared with the first sighting of each, which
/// takes most of the time.
struct SelectOfShapes: Statement {
    let ranges: [ShapeRange]
    let seenBy: Timestamp

    static let sql: SQL = """
        SELECT s.place, t.tag
        FROM unnest($1::text[], $2::text[], $3::text[], $5::text[])
            WITH ORDINALITY AS s (first, last, pattern, prefix, place)
        JOIN repositories r ON r.prefix = s.prefix
        CROSS JOIN LATERAL (
            SELECT t.tag FROM tags t
            WHERE t.repository_id = r.id AND t.tag >= s.first AND t.tag < s.last AND t.tag LIKE s.pattern
                AND t.state <> 3 AND (t.state = 2 AND $4 > now() - interval '1 minute'
                    OR EXISTS (SELECT FROM tag_checks c WHERE c.tag_id = t.id AND c.first_seen_at <= $4))
            ORDER BY t.tag DESC LIMIT 5000
        ) t
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(ranges.map(\.from))
        parameters.append(ranges.map(\.to))
        parameters.append(ranges.map(\.pattern))
        parameters.append(seenBy)
        parameters.append(ranges.map(\.repository.prefix))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> (range: Int, name: String) {
        let place: Int64 = try row.next()
        return (Int(place) - 1, try row.next())
    }
}
