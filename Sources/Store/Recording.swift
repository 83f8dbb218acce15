import LibPQ
public import OCI
public import TagHistory

/// What a worker learned of a tag that it had claimed.
public struct CheckResult: Sendable {
    public enum Answer: Sendable {
        case found(Digest, mediaType: MediaType?, pushedAt: Timestamp?)
        case missing
        /// Cleaned text, safe to show.
        case failed(reason: String)
    }

    public let claim: Claim
    public let answer: Answer
    public let startedAt: Timestamp
    public let checkedAt: Timestamp
    public let way: ScheduledCheck.Way
    /// Seconds for which the registry wants to be left alone after a failure.
    public let retryAfter: Double
    /// The check failed because the registry says that it has no such repository, or not for us.
    public let isRefusal: Bool

    public init(
        claim: Claim, answer: Answer, startedAt: Timestamp, checkedAt: Timestamp, way: ScheduledCheck.Way = .turn,
        retryAfter: Double = 0, isRefusal: Bool = false
    ) {
        self.claim = claim
        self.answer = answer
        self.startedAt = startedAt
        self.checkedAt = checkedAt
        self.way = way
        self.retryAfter = retryAfter
        self.isRefusal = isRefusal
    }

    /// Whether the claim knew it already: the common case, recorded without reading anything of the tag.
    var isUnchanged: Bool {
        guard case .found(let digest, _, _) = answer, claim.schedule != nil else { return false }
        return claim.digestHead == DigestHead(digest) && !claim.isMissing && claim.failures == 0
    }
}

/// How the checks of a batch ended.
struct BatchOutcome: Sendable {
    /// Not of tags that are gone.
    var outcomes: [Int32: CheckOutcome] = [:]
    /// Tags whose check was recorded by an earlier attempt, with everything that belongs to it.
    var recordedBefore: Set<Int32> = []
    /// Tags that no registry ever had, now removed.
    var removed: Set<Int32> = []
    var hasNewRows = false
}

extension TagStore {
    /// Records a batch of checks: what changed, when the tags are due next, how the checks ended, who waited for them, and
    /// gives the claims back. Tags that are what they were first, then the others, each in one transaction: both lock tags
    /// in their order, and together they would not.
    ///
    /// Recording a batch a second time, after a connection was lost on COMMIT, records nothing twice. A check that was
    /// overtaken by a newer one, because its claim was lost, finds its place in the history without touching what is
    /// newer. Where two checks went on at the same time and disagree, the second one to be recorded is thrown away and its
    /// tag due at once.
    /// - Parameters:
    ///   - results: one for each tag at most.
    ///   - policy: by which their next checks are set.
    public func record(
        _ results: [CheckResult], worker: WorkerSession, policy: CheckPolicy
    ) async throws -> [CheckOutcome: Int] {
        guard let now = results.map(\.checkedAt).max() else { return [:] }
        let results = results.sorted { $0.claim.tagID < $1.claim.tagID }
        let unchanged = results.filter(\.isUnchanged)
        let same =
            unchanged.isEmpty
            ? BatchOutcome()
            // That nothing is new may be lost with the database's last moment: when to check next is lost with it.
            : try await pool.retryingTransaction(waitsForDisk: false) { connection in
                var batch = BatchOutcome()
                for id in try await connection.recordUnchanged(unchanged, policy: policy, at: now) {
                    batch.outcomes[id] = .unchanged
                }
                try await connection.finish(unchanged.filter { batch.outcomes[$0.claim.tagID] != nil }, batch, worker)
                return batch
            }
        let others = results.filter { same.outcomes[$0.claim.tagID] == nil }
        let differing =
            others.isEmpty
            ? BatchOutcome()
            : try await pool.retryingTransaction { connection in
                let batch = try await connection.recordDifferences(others, policy: policy, at: now)
                try await connection.finish(others, batch, worker)
                return batch
            }
        await hastenContents(of: results.filter { !$0.claim.requestIDs.isEmpty }.map(\.claim.tagID), at: now)
        return [same, differing].flatMap(\.outcomes.values).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

extension TagStore {
    /// What the digests of tags hold that somebody waits for. Apart from what locks tags, and no reason to record these
    /// again: without it they are read in their turn.
    private func hastenContents(of tagIDs: [Int32], at now: Timestamp) async {
        guard !tagIDs.isEmpty else { return }
        do {
            guard try await pool.run(QueueAwaited(tagIDs: tagIDs, now: now)).affected > 0 else { return }
            try await pool.run(Notify(signal: .changes))
        } catch {}
    }
}

extension Connection {
    /// Everything but the tags themselves.
    fileprivate func finish(_ results: [CheckResult], _ batch: BatchOutcome, _ worker: WorkerSession) async throws {
        // Mostly nobody waits for anything: then what there is to say needs not be sent.
        let isAwaited = try await first(SelectWhetherAwaited()) ?? false
        let finished = isAwaited ? try await run(FinishRequests(results: results, batch: batch)).affected : 0
        try await run(ReleaseClaims(tagIDs: results.map(\.claim.tagID), workerID: worker.id))
        if finished > 0 { try await run(Notify(signal: .outcome)) }
        if batch.hasNewRows { try await run(Notify(signal: .changes)) }
        // Last, because every other batch of the same registry waits for this row until the end.
        try await run(CountChecks(results: results, batch: batch))
    }

    fileprivate func recordUnchanged(
        _ results: [CheckResult], policy: CheckPolicy, at now: Timestamp
    ) async throws -> [Int32] {
        var book = try await scheduleBook(
            registries: Set(results.map(\.claim.registryID)), repositories: Set(results.map(\.claim.repositoryID)),
            policy: policy, at: now)
        var dice = SplitMix64(seed: .random(in: .min ... .max))
        let checks = results.compactMap { result in
            result.claim.schedule.map { ScheduledCheck(result, schedule: $0, changed: false, dice: &dice) }
        }
        return try await run(RecordUnchanged(results: results, schedules: book.record(checks, of: results))).rows
    }
}

extension ScheduledCheck {
    /// - Parameter dice: one for a batch: the system's would be asked for each check.
    init(_ result: CheckResult, schedule: TagSchedule, changed: Bool, dice: inout SplitMix64) {
        self.init(
            tagID: result.claim.tagID, repositoryID: result.claim.repositoryID, schedule: schedule, changed: changed,
            checkedAt: result.checkedAt, way: result.way, chance: .random(in: 0..<1, using: &dice))
    }
}

extension ScheduleBook {
    /// - Returns: what the checks make of their tags, by tag.
    mutating func record(_ checks: [ScheduledCheck], of results: [CheckResult]) -> [Int32: TagSchedule] {
        let registries = Dictionary(uniqueKeysWithValues: results.map { ($0.claim.tagID, $0.claim.registryID) })
        var schedules: [Int32: TagSchedule] = [:]
        for (registry, checks) in Dictionary(grouping: checks, by: { registries[$0.tagID] ?? 0 }) {
            for check in batches[registry]?.record(checks) ?? [] { schedules[check.tagID] = check.schedule }
        }
        return schedules
    }
}

/// The narrow update for tags whose digest is what the claim said; a tag that differs by now is not touched.
///
/// The digest was there when the request was sent; by the time at which a worker that stood still has read the answer, it
/// may be gone.
///
/// Rows are found where the claim saw them, which takes half the time of an index, and locked in the order of the results,
/// which is that of the key.
struct RecordUnchanged: Statement {
    let results: [CheckResult]
    let schedules: [Int32: TagSchedule]
    static let sql: SQL = """
        UPDATE tag_checks c
        SET last_checked_at = i.checked_at, last_succeeded_at = greatest(c.last_succeeded_at, i.started_at),
            next_check_at = i.next_at, rate = i.rate, reason = i.reason
        FROM unnest($1::integer[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::real[], $6::smallint[],
            $7::timestamptz[], $8::tid[])
            i (tag_id, digest_id, checked_at, next_at, rate, reason, started_at, place)
        WHERE c.ctid = i.place AND c.tag_id = i.tag_id AND c.digest_id = i.digest_id AND NOT c.is_missing AND c.failures = 0
            AND isfinite(c.next_check_at) AND (c.last_checked_at IS NULL OR c.last_checked_at < i.checked_at)
            AND c.last_succeeded_at < i.checked_at
        RETURNING c.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(results.map(\.claim.tagID))
        parameters.append(results.map(\.claim.digestID))
        parameters.append(results.map(\.checkedAt))
        let schedules = results.map { self.schedules[$0.claim.tagID] }
        parameters.append(schedules.map { $0?.nextCheckAt })
        parameters.append(schedules.map { $0?.rate })
        parameters.append(schedules.map { $0?.reason })
        parameters.append(results.map(\.startedAt))
        parameters.append(results.map(\.claim.place))
    }
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Int32 { try row.next() }
}

/// Summed up here: a batch is of one hour and one registry, mostly.
struct CountChecks: Statement {
    typealias Row = Never
    /// How a registry's checks of an hour ended.
    struct Count {
        var seconds = 0.0
        var lastSucceededAt: Timestamp?
        /// By the number of the outcome, and of what they were made for.
        var outcomes: [Int16: Int32] = [:]
        var uses: [Int16: Int32] = [:]
    }
    private struct Key: Hashable, Comparable {
        /// Since 1970.
        let hour: Int64
        let registryID: Int32

        static func < (left: Key, right: Key) -> Bool { (left.hour, left.registryID) < (right.hour, right.registryID) }
    }
    private static let hour: Int64 = 3_600_000_000

    private let counts: [(key: Key, value: Count)]

    init(results: [CheckResult], batch: BatchOutcome) {
        var counts: [Key: Count] = [:]
        for result in results where !batch.recordedBefore.contains(result.claim.tagID) {
            guard let outcome = batch.outcomes[result.claim.tagID] else { continue }
            let key = Key(hour: result.checkedAt.microseconds / Self.hour, registryID: result.claim.registryID)
            counts[key, default: Count()].add(result, outcome)
        }
        self.counts = counts.sorted { $0.key < $1.key }
    }

    static let sql: SQL = """
        INSERT INTO check_counts (hour, registry_id, seconds, last_succeeded_at, unchanged, changed, missing, failed,
            revealed, swept, requested, listed)
        SELECT * FROM unnest($1::timestamptz[], $2::integer[], $3::float8[], $4::timestamptz[], $5::integer[],
            $6::integer[], $7::integer[], $8::integer[], $9::integer[], $10::integer[], $11::integer[], $12::integer[])
        ON CONFLICT (hour, registry_id) DO UPDATE SET seconds = check_counts.seconds + excluded.seconds,
            unchanged = check_counts.unchanged + excluded.unchanged, changed = check_counts.changed + excluded.changed,
            missing = check_counts.missing + excluded.missing, failed = check_counts.failed + excluded.failed,
            last_succeeded_at = greatest(check_counts.last_succeeded_at, excluded.last_succeeded_at),
            revealed = check_counts.revealed + excluded.revealed, swept = check_counts.swept + excluded.swept,
            requested = check_counts.requested + excluded.requested, listed = check_counts.listed + excluded.listed
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(counts.map { Timestamp(microseconds: $0.key.hour * Self.hour) })
        parameters.append(counts.map(\.key.registryID))
        parameters.append(counts.map(\.value.seconds))
        parameters.append(counts.map(\.value.lastSucceededAt))
        for outcome in Int16(1)...4 { parameters.append(counts.map { $0.value.outcomes[outcome] ?? 0 }) }
        for use in Int16(1)...4 { parameters.append(counts.map { $0.value.uses[use] ?? 0 }) }
    }
}

extension CountChecks.Count {
    fileprivate mutating func add(_ result: CheckResult, _ outcome: CheckOutcome) {
        seconds += result.checkedAt.seconds(since: result.startedAt)
        outcomes[outcome.rawValue, default: 0] += 1
        uses[result.use, default: 0] += 1
        if outcome != .failed { lastSucceededAt = max(lastSucceededAt ?? result.checkedAt, result.checkedAt) }
    }
}

extension CheckResult {
    /// What the check was made for: 0 the tag's own rate, 1 a sibling's change, 2 to keep a listing honest, 3 somebody
    /// waited, 4 a listing answered.
    fileprivate var use: Int16 {
        switch way {
        case .listing: 4
        case .request: 3
        case .turn: claim.schedule.map { $0.reason.isRevealed ? 1 : $0.reason == .sweep ? 2 : 0 } ?? 0
        }
    }
}

/// Whether anybody waits for a check. Who asks later is found when the claims are given back.
struct SelectWhetherAwaited: Statement {
    static let sql: SQL = "SELECT EXISTS (SELECT FROM check_requests WHERE finished_at IS NULL)"
    static func decode(_ row: inout RowDecoder) throws(PostgresError) -> Bool { try row.next() }
}

/// A check answers those who asked before it began: by the clocks, or because the claim was made for them, which holds
/// also where the clocks of the one who asked and of the worker disagree. Who asked for a tag that is removed now gets
/// the answer in any case.
struct FinishRequests: Statement {
    typealias Row = Never
    let results: [CheckResult]
    let batch: BatchOutcome
    static let sql: SQL = """
        UPDATE check_requests q SET finished_at = i.checked_at, outcome = i.outcome, reason = i.reason,
            is_refusal = i.is_refusal, digest_id = (SELECT d.id FROM digests d WHERE d.digest = i.digest)
        FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::smallint[], $5::text[], $6::bytea[],
                $9::boolean[])
            i (tag_id, started_at, checked_at, outcome, reason, digest, is_refusal)
        WHERE q.finished_at IS NULL AND q.tag_id = i.tag_id
            AND (q.requested_at <= i.started_at OR q.id = ANY ($7::bigint[]) OR q.tag_id = ANY ($8::integer[]))
        """
    func bind(_ parameters: inout Parameters) {
        let ended = results.compactMap { result in batch.outcomes[result.claim.tagID].map { (result, $0) } }
        parameters.append(ended.map(\.0.claim.tagID))
        parameters.append(ended.map(\.0.startedAt))
        parameters.append(ended.map(\.0.checkedAt))
        parameters.append(ended.map(\.1))
        parameters.append(ended.map(\.0.failureReason))
        parameters.append(ended.map(\.0.foundDigest?.digest))
        parameters.append(results.flatMap(\.claim.requestIDs))
        parameters.append(batch.removed.sorted())
        parameters.append(ended.map(\.0.isRefusal))
    }
}
