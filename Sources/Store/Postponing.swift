import LibPQ
public import OCI

/// A claimed check that was not made, because its host is being left alone.
public struct PostponedCheck: Sendable {
    public let claim: Claim
    /// After so many seconds the host may be asked again.
    public let pause: Double
    /// For who asked for the check.
    public let reason: String

    public init(claim: Claim, pause: Double, reason: String) {
        self.claim = claim
        self.pause = pause
        self.reason = reason
    }
}

extension TagStore {
    /// Gives claims back until their hosts may be asked again. The tags did not fail and stay as they were; who asked
    /// for their check is told why it was not made.
    public func postpone(_ checks: [PostponedCheck], worker: WorkerSession, at now: Timestamp) async throws {
        guard !checks.isEmpty else { return }
        let checks = checks.sorted { $0.claim.tagID < $1.claim.tagID }
        try await pool.retryingTransaction { connection in
            try await connection.run(PostponeChecks(checks: checks, workerID: worker.id, now: now))
            let finished = try await connection.run(FailPostponedRequests(checks: checks, now: now)).affected
            try await connection.run(ReleaseClaims(tagIDs: checks.map(\.claim.tagID), workerID: worker.id))
            if finished > 0 { try await connection.run(Notify(signal: .outcome)) }
        }
    }
}

/// Only what is still due and still ours: another may have checked a tag whose claim was lost.
struct PostponeChecks: Statement {
    typealias Row = Never
    let checks: [PostponedCheck]
    let workerID: Int32
    let now: Timestamp
    static let sql: SQL = """
        WITH locked AS MATERIALIZED (
            SELECT c.tag_id, COALESCE(l.clock, $4) + i.pause * interval '1 second' AS until
            FROM unnest($1::integer[], $2::float8[]) i (tag_id, pause)
            JOIN tag_checks c ON c.tag_id = i.tag_id LEFT JOIN lanes l ON l.registry_id = c.registry_id
            WHERE c.next_check_at < COALESCE(l.clock, $4) + i.pause * interval '1 second'
                AND i.tag_id IN (SELECT unnest(k.tag_ids) FROM claims k WHERE k.worker_id = $3)
            ORDER BY c.tag_id FOR NO KEY UPDATE OF c)
        UPDATE tag_checks c SET next_check_at = locked.until FROM locked WHERE c.tag_id = locked.tag_id
        """
    func bind(_ parameters: inout Parameters) {
        parameters.append(checks.map(\.claim.tagID))
        parameters.append(checks.map(\.pause))
        parameters.append(workerID)
        parameters.append(now)
    }
}

/// Only the requests that these checks were made for: a person's is not bound to what holds back the others.
struct FailPostponedRequests: Statement {
    typealias Row = Never
    let checks: [PostponedCheck]
    let now: Timestamp
    static let sql: SQL = """
        UPDATE check_requests q SET finished_at = $3, outcome = 4, reason = i.reason
        FROM unnest($1::bigint[], $2::text[]) i (id, reason)
        WHERE q.finished_at IS NULL AND q.id = i.id
        """
    func bind(_ parameters: inout Parameters) {
        let requests = checks.flatMap { check in check.claim.requestIDs.map { ($0, check.reason) } }
        parameters.append(requests.map(\.0))
        parameters.append(requests.map(\.1))
        parameters.append(now)
    }
}
